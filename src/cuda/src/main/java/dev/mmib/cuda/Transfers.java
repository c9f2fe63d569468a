package dev.mmib.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;

import dev.mmib.backend.ByteSource;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import jcuda.Pointer;

/**
 * Numbers between the host and the device, through page-locked memory. Uploads return when the
 * host's numbers may be changed; downloads when they are there.
 */
final class Transfers implements AutoCloseable {

  /** So many ints of a buffer are kept on the host too. */
  private static final int KNOWN_INTS = 1 << 20;

  private final CudaStream stream;
  private final Staging staging;
  private final PinnedBlock incoming;
  private final Opened opened;

  Transfers(CudaStream stream) {
    this.stream = stream;
    try (var opening = new Opened()) {
      staging = opening.add(new Staging(stream.handle()), Staging::close);
      incoming = opening.add(new PinnedBlock(Staging.BLOCK_BYTES), PinnedBlock::close);
      opened = opening.keep();
    }
  }

  /** Puts {@code count} elements from number {@code from} on into {@code to}. */
  @FunctionalInterface
  private interface Filling {
    void fill(int from, int count, ByteBuffer to);
  }

  void upload(float[] from, int offset, CudaBuffer to, int at, int length) {
    Objects.checkFromIndexSize(offset, length, from.length);
    upload(to, at, length, (first, n, bytes) -> bytes.asFloatBuffer().put(from, offset + first, n));
  }

  void upload(int[] from, int offset, CudaBuffer to, int at, int length) {
    Objects.checkFromIndexSize(offset, length, from.length);
    upload(to, at, length, (first, n, bytes) -> bytes.asIntBuffer().put(from, offset + first, n));
    if (at == 0 && length == to.length() && length > 0 && length <= KNOWN_INTS) {
      to.uploaded(Arrays.copyOfRange(from, offset, offset + length));
    }
  }

  void upload(ByteSource from, CudaBuffer to, int at, int length) {
    upload(to, at, length, (first, n, bytes) -> from.read(first, bytes));
  }

  private void upload(CudaBuffer to, int at, int length, Filling filling) {
    Objects.checkFromIndexSize(at, length, to.length());
    to.pointer(); // refuses a closed buffer also where there is nothing to copy
    to.written(); // also if it fails half-way
    stream.lock().lock();
    try {
      stream.enter();
      int most = Staging.BLOCK_BYTES / 4;
      for (int done = 0; done < length; done += most) {
        int n = Math.min(most, length - done);
        copy(to, at + done, n, filling, done);
      }
    } finally {
      stream.lock().unlock();
    }
  }

  private void copy(CudaBuffer to, int at, int n, Filling filling, int first) {
    int bytes = 4 * n;
    var target = to.pointer(at);
    var recording = stream.recording();
    // Asked first: only the upload that was captured may touch what the graph copies from.
    boolean replayed =
        recording != null && recording.replaysInstead(Fingerprint.of(1, target.address(), bytes));
    Pointer source;
    if (recording != null && recording.ownsUploads()) {
      filling.fill(first, n, recording.nextUpload(bytes).limit(bytes));
      source = recording.lastUpload().pointer();
      if (replayed) {
        return;
      }
    } else {
      filling.fill(first, n, staging.next(bytes));
      source = staging.lastPointer();
    }
    Driver.check(cuMemcpyHtoDAsync(target, source, bytes, stream.handle()), "cuMemcpyHtoDAsync");
  }

  void download(CudaBuffer from, int at, float[] to, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, to.length);
    download(
        from, at, length, (first, n, bytes) -> bytes.asFloatBuffer().get(to, offset + first, n));
  }

  void download(CudaBuffer from, int at, int[] to, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, to.length);
    Objects.checkFromIndexSize(at, length, from.length());
    from.pointer(); // refuses a closed buffer
    var known = from.uploaded();
    if (known != null) {
      System.arraycopy(known, at, to, offset, length);
    } else {
      download(
          from, at, length, (first, n, bytes) -> bytes.asIntBuffer().get(to, offset + first, n));
    }
  }

  /** The first {@code count} doubles of a buffer that holds doubles. */
  double[] downloadDoubles(CudaBuffer from, int count) {
    var values = new double[count];
    download(
        from,
        0,
        2 * count,
        (first, n, bytes) -> bytes.asDoubleBuffer().get(values, first / 2, n / 2));
    return values;
  }

  private void download(CudaBuffer from, int at, int length, Filling filling) {
    Objects.checkFromIndexSize(at, length, from.length());
    from.pointer();
    stream.lock().lock();
    try {
      stream.enter();
      var recording = stream.recording();
      if (recording != null) {
        recording.beforeWaiting();
      }
      int most = Staging.BLOCK_BYTES / 4;
      for (int done = 0; done < length; done += most) {
        int n = Math.min(most, length - done);
        Driver.check(
            cuMemcpyDtoHAsync(incoming.pointer(), from.pointer(at + done), 4L * n, stream.handle()),
            "cuMemcpyDtoHAsync");
        stream.synchronize();
        filling.fill(done, n, incoming.bytes().clear());
      }
      if (recording != null) {
        recording.afterWaiting();
      }
    } finally {
      stream.lock().unlock();
    }
  }

  @Override
  public void close() {
    opened.close();
  }
}
