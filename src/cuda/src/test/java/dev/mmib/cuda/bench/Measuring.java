package dev.mmib.cuda.bench;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Device;
import dev.mmib.backend.Precision;
import dev.mmib.cuda.CudaBackend;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** A GPU that is measured: its buffers, and a line for each result. */
final class Measuring implements AutoCloseable {

  private final CudaBackend device;
  private final Precision precision;
  private final Stopwatch stopwatch;
  private final PrintStream out;
  private final Random random = new Random(1);
  private final List<Buffer> buffers = new ArrayList<>();
  private final Buffer flag;

  Measuring(Precision precision, boolean graphs, Stopwatch stopwatch, PrintStream out) {
    this.device = open(precision, graphs);
    this.precision = precision;
    this.stopwatch = stopwatch;
    this.out = out;
    this.flag = device.allocate(DType.F32, 1);
  }

  static CudaBackend open(Precision precision, boolean graphs) {
    return new CudaBackend(new Device.Options(0, 1, precision, graphs));
  }

  CudaBackend device() {
    return device;
  }

  Stopwatch stopwatch() {
    return stopwatch;
  }

  /** A buffer of numbers from [−1, 1); large ones repeat themselves. */
  Buffer numbers(int n) {
    var values = new float[Math.min(n, 1 << 20)];
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    var buffer = room(n);
    for (int at = 0; at < n; at += values.length) {
      device.upload(values, 0, buffer, at, Math.min(values.length, n - at));
    }
    return buffer;
  }

  Buffer room(int n) {
    var buffer = device.allocate(DType.F32, n);
    buffers.add(buffer);
    return buffer;
  }

  /** Gives back all buffers. */
  void clear() {
    buffers.forEach(Buffer::close);
    buffers.clear();
  }

  /** Returns when the device has nothing left to do. */
  void await() {
    device.download(flag, 0, new float[1], 0, 1);
  }

  /** Times a call and prints the result. */
  void time(String what, String shape, long bytes, Runnable call) {
    print(what, shape, "", stopwatch.time(call, this::await), bytes);
  }

  void print(String what, String shape, String mode, Stopwatch.Times times, long bytes) {
    var name = precision.name().toLowerCase(Locale.ROOT);
    var result =
        new Result(
            "mmib", what, shape, name, mode, times.median(), times.low(), times.high(), bytes);
    out.println(result.toJson());
    out.flush();
  }

  @Override
  public void close() {
    clear();
    flag.close();
    device.close();
  }
}
