package dev.mmib.op;

import dev.mmib.backend.DType;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;

/** What ops demand of their arguments; messages name the op and both values. */
final class Checks {

  private Checks() {}

  /** Throws {@code "<op>: <what>, <got> vs <expected>"} unless {@code fits}. */
  static void require(boolean fits, String op, String what, Object got, Object expected) {
    if (!fits) {
      throw refused(op, what, got, expected);
    }
  }

  // Ops check their arguments in every step: no message is made before it is needed.
  static IllegalArgumentException refused(String op, String what, Object got, Object expected) {
    return new IllegalArgumentException(op + ": " + what + ", " + got + " vs " + expected);
  }

  static void requireRank(String op, String what, Tensor x, int rank) {
    requireFloats(op, what, x);
    if (x.shape().rank() != rank) {
      throw refused(op, what + " must have " + rank + " axes", x.shape(), rank);
    }
  }

  static void requireShape(String op, String what, Tensor x, Shape expected) {
    requireFloats(op, what, x);
    if (!x.shape().equals(expected)) {
      throw refused(op, what + " has another shape", x.shape(), expected);
    }
  }

  private static void requireFloats(String op, String what, Tensor x) {
    if (x.type() != DType.F32) {
      throw refused(op, what + " must be floats", x, DType.F32);
    }
  }

  static void requireInts(String op, String what, Tensor x, Shape expected) {
    if (x.type() != DType.I32) {
      throw refused(op, what + " must be ints", x, DType.I32);
    }
    if (!x.shape().equals(expected)) {
      throw refused(op, what + " has another shape", x.shape(), expected);
    }
  }

  /** Throws if a gradient with respect to {@code x} would be needed and lost. */
  static void requireConstant(String op, Tensor x) {
    Tape.forwardOnly(op, x, x);
  }
}
