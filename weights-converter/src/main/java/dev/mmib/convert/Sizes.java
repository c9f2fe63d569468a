package dev.mmib.convert;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.TensorSource;
import java.util.Collection;

/** How many bytes tensors have when they are written row by row. */
final class Sizes {

  private Sizes() {}

  static long bytes(TensorSource tensor) {
    long bits = tensor.type().bits();
    try {
      for (long dim : tensor.dims()) {
        bits = Math.multiplyExact(bits, dim);
      }
      return bits / 8;
    } catch (ArithmeticException e) {
      throw tooMany(tensor.dims().toString()).causedBy(e);
    }
  }

  static long bytes(Collection<TensorSource> tensors) {
    long sum = 0;
    try {
      for (var tensor : tensors) {
        sum = Math.addExact(sum, bytes(tensor));
      }
      return sum;
    } catch (ArithmeticException e) {
      throw tooMany(tensors.size() + " of them").causedBy(e);
    }
  }

  private static MmibException tooMany(String what) {
    return MmibException.of(
        ErrorCode.TORCH_FILE,
        "tensors of more bytes than can be counted: " + what,
        "Save the model again.");
  }
}
