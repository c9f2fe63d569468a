package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;

/**
 * Copies of floats in bfloat16, for matrix products and convolutions of that precision; the floats
 * stay the truth. A copy is kept beside its buffer until the floats change, so a weight is rounded
 * once a step, and an activation once for all the products that it goes into.
 */
final class Bfloat16 {

  private final CudaStream stream;
  private final Kernel to;
  private final Kernel from;

  Bfloat16(CudaStream stream) {
    this.stream = stream;
    this.to = stream.kernel("matmul", "to_bfloat16");
    this.from = stream.kernel("matmul", "from_bfloat16");
  }

  /** {@code x} in bfloat16; lives as long as {@code x} does. */
  CudaBuffer of(Buffer x) {
    var floats = CudaBuffer.of(x, DType.F32);
    var recording = stream.recording();
    // A recorded run must not depend on what was there before it: that is rounded anew.
    boolean older = recording != null && !floats.isOfThisRun() && recording.meets(floats);
    var current = floats.currentBfloat16();
    if (current != null && !older) {
      return current;
    }
    var rounded = floats.roomForBfloat16();
    to.in(floats).outInts(rounded).value(floats.length()).over(floats.length());
    floats.madeBfloat16();
    return rounded;
  }

  /** A buffer of the size that {@code n} numbers in bfloat16 take. */
  CudaBuffer scratch(int n) {
    return stream.scratch(DType.I32, n / 2 + n % 2);
  }

  /** {@code y = x}, where x holds as many numbers in bfloat16. */
  void widen(CudaBuffer x, Buffer y) {
    from.inInts(x).out(y).value(y.length()).over(y.length());
  }
}
