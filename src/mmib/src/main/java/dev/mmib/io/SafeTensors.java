package dev.mmib.io;

import dev.mmib.backend.ByteSource;
import dev.mmib.backend.DType;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;

/**
 * An open safetensors file.
 *
 * <p>The header is checked when the file is opened; data is read when it is asked for, by plain
 * reads in chunks, so that a file that shrinks meanwhile is refused and not a crash. May be used by
 * several threads.
 *
 * <p>Floats may be asked of every readable type: F16 and BF16 are exact, F64 and whole numbers are
 * rounded to the nearest float (a finite F64 beyond the floats is refused), BOOL gives 0 and 1.
 * Whole numbers may be asked of whole types; one that does not fit is refused.
 */
public final class SafeTensors implements AutoCloseable {

  /** Takes a tensor's numbers in order, a run at a time. */
  @FunctionalInterface
  public interface FloatSink {
    /** Takes {@code values[0 .. count)}, the elements from number {@code at}. */
    void accept(long at, float[] values, int count);
  }

  private static final int CHUNK_ELEMENTS = 1 << 16;

  private final Path file;
  private final StableFile stable;
  private final SafeTensorsHeader header;

  private SafeTensors(Path file, StableFile stable, SafeTensorsHeader header) {
    this.file = file;
    this.stable = stable;
    this.header = header;
  }

  /** Opens a file and checks its header. */
  public static SafeTensors open(Path file) {
    var stable = StableFile.open(file, ErrorCode.SAFETENSORS);
    boolean opened = false;
    try {
      var result = new SafeTensors(file, stable, SafeTensorsHeader.read(stable));
      opened = true;
      return result;
    } finally {
      if (!opened) {
        stable.close();
      }
    }
  }

  /**
   * Writes a file, whole or not at all. The same tensors and metadata give the same bytes, those
   * that the reference implementation writes.
   */
  public static void write(
      Path file, Map<String, TensorSource> tensors, Map<String, String> metadata) {
    AtomicFile.write(file, content(tensors, metadata));
  }

  /** The bytes of such a file, for a writer of one's own. Tensors are asked when it is written. */
  public static AtomicFile.Content content(
      Map<String, TensorSource> tensors, Map<String, String> metadata) {
    return SafeTensorsWriter.content(tensors, metadata);
  }

  public Path file() {
    return file;
  }

  /** The free-form strings of the header. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /** Every tensor by name, in the order of the header. */
  public Map<String, TensorEntry> tensors() {
    return header.tensors();
  }

  /** The bytes of every tensor. */
  Map<String, Long> sizes() {
    var sizes = new LinkedHashMap<String, Long>();
    header.tensors().forEach((name, entry) -> sizes.put(name, entry.bytes()));
    return sizes;
  }

  /** The tensor of that name; refuses and names the nearest ones when there is none. */
  public TensorEntry entry(String name) {
    var entry = header.tensors().get(name);
    if (entry == null) {
      throw MmibException.in(
          file.toString(),
          ErrorCode.WEIGHTS_MISMATCH,
          "no tensor " + MmibException.quote(name),
          Nearest.hint(name, header.tensors().keySet()));
    }
    return entry;
  }

  /**
   * A tensor for {@link dev.mmib.backend.Backend#upload(ByteSource, dev.mmib.backend.Buffer, int,
   * int)}. What the file holds as it is wanted goes straight from the file to where it is wanted.
   */
  public ByteSource source(String name, DType type) {
    var entry = readable(name);
    if (type == DType.I32) {
      requireWhole(entry);
    }
    boolean asItIs = entry.type() == (type == DType.F32 ? TensorType.F32 : TensorType.I32);
    return (at, to) -> {
      Objects.checkFromIndexSize(at, to.remaining() / 4, entry.size());
      if (asItIs) {
        read(entry, at, to);
      } else {
        convert(entry, at, to, type);
      }
    };
  }

  /** Fills {@code to} with elements of four bytes, in its own order. */
  private void read(TensorEntry entry, long at, ByteBuffer to) {
    int start = to.position();
    stable.read(position(entry, at), to);
    if (to.order() != ByteOrder.LITTLE_ENDIAN) {
      for (int i = start; i < to.limit(); i += 4) {
        to.putInt(i, Integer.reverseBytes(to.getInt(i)));
      }
    }
  }

  private void convert(TensorEntry entry, long from, ByteBuffer to, DType type) {
    long count = to.remaining() / 4;
    int most = (int) Math.min(CHUNK_ELEMENTS, count);
    var floats = new float[type == DType.F32 ? most : 0];
    var longs = new long[type == DType.F32 ? 0 : most];
    readChunks(
        entry,
        from,
        count,
        (at, bytes, n) -> {
          if (type == DType.F32) {
            TensorDecoder.floats(entry, at, bytes, floats, n, file);
            to.asFloatBuffer().put(floats, 0, n);
            to.position(to.position() + 4 * n);
          } else {
            TensorDecoder.longs(entry, at, bytes, longs, 0, n, file);
            for (int i = 0; i < n; i++) {
              to.putInt(TensorDecoder.exactInt(entry, at + i, longs[i], file));
            }
          }
        });
  }

  /** Reads a tensor that fits an array. */
  public float[] readFloats(String name) {
    var values = array(readable(name), float[]::new);
    readInto(name, (at, run, count) -> System.arraycopy(run, 0, values, (int) at, count));
    return values;
  }

  /** Reads a tensor of any size in runs. */
  public void readInto(String name, FloatSink sink) {
    var entry = readable(name);
    var values = new float[(int) Math.min(CHUNK_ELEMENTS, entry.size())];
    readChunks(
        entry,
        0,
        entry.size(),
        (at, bytes, count) -> {
          TensorDecoder.floats(entry, at, bytes, values, count, file);
          sink.accept(at, values, count);
        });
  }

  /** Reads whole numbers that fit ints. */
  public int[] readInts(String name) {
    var longs = readLongs(name);
    var ints = new int[longs.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = TensorDecoder.exactInt(entry(name), i, longs[i], file);
    }
    return ints;
  }

  /** Reads whole numbers. */
  public long[] readLongs(String name) {
    var entry = readable(name);
    requireWhole(entry);
    var values = array(entry, long[]::new);
    readChunks(
        entry,
        0,
        entry.size(),
        (at, bytes, count) -> TensorDecoder.longs(entry, at, bytes, values, (int) at, count, file));
    return values;
  }

  /** A tensor's bytes as they are in the file, little-endian. */
  public byte[] readBytes(String name) {
    var entry = entry(name);
    var bytes = array(entry, entry.bytes(), byte[]::new);
    stable.read(position(entry, 0), ByteBuffer.wrap(bytes));
    return bytes;
  }

  /** A tensor to be written elsewhere: its bytes are read from here when they are asked for. */
  public TensorSource source(String name) {
    var entry = entry(name);
    return new TensorSource(
        entry.type(), entry.dims(), (at, to) -> stable.read(position(entry, at), to));
  }

  private interface ChunkSink {
    void accept(long at, ByteBuffer bytes, int count);
  }

  private void readChunks(TensorEntry entry, long from, long count, ChunkSink sink) {
    int width = entry.type().bits() / 8;
    var bytes =
        ByteBuffer.allocate((int) Math.min(CHUNK_ELEMENTS, count) * width)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (long done = 0; done < count; done += CHUNK_ELEMENTS) {
      int n = (int) Math.min(CHUNK_ELEMENTS, count - done);
      bytes.clear().limit(n * width);
      stable.read(position(entry, from + done), bytes);
      bytes.flip();
      sink.accept(from + done, bytes, n);
    }
    stable.requireUnchanged();
  }

  private long position(TensorEntry entry, long element) {
    return header.dataStart() + entry.begin() + element * (entry.type().bits() / 8);
  }

  private TensorEntry readable(String name) {
    var entry = entry(name);
    if (!entry.type().isReadable()) {
      throw MmibException.at(
          file.toString(),
          "tensor " + MmibException.quote(name),
          ErrorCode.SAFETENSORS_DTYPE,
          "holds " + entry.type() + ", which cannot be read here",
          "Save the model in F32, F16 or BF16.");
    }
    return entry;
  }

  private void requireWhole(TensorEntry entry) {
    if (!entry.type().isWhole()) {
      throw TensorDecoder.refuse(entry, file, "holds " + entry.type() + " vs whole numbers");
    }
  }

  private <T> T array(TensorEntry entry, IntFunction<T> array) {
    return array(entry, entry.size(), array);
  }

  private <T> T array(TensorEntry entry, long length, IntFunction<T> array) {
    if (length > Integer.MAX_VALUE - 8) {
      throw TensorDecoder.refuse(entry, file, "is too large for one array");
    }
    try {
      return array.apply((int) length);
    } catch (OutOfMemoryError e) { // one allocation that does not fit; the rest is as it was
      throw MmibException.at(
              file.toString(),
              "tensor " + MmibException.quote(entry.name()),
              ErrorCode.OUT_OF_MEMORY,
              "its " + length + " elements do not fit the Java heap",
              "Raise -Xmx.")
          .causedBy(e);
    }
  }

  @Override
  public void close() {
    stable.close();
  }
}
