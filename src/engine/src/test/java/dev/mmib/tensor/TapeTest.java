package dev.mmib.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.ReferenceBackend;
import dev.mmib.op.Activation;
import dev.mmib.op.Arithmetic;
import dev.mmib.op.Layout;
import dev.mmib.op.MatMul;
import dev.mmib.op.Reduction;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TapeTest {

  private static final Shape TWO = Shape.of(2);

  private final ReferenceBackend backend = new ReferenceBackend();

  @AfterEach
  void nothingIsLeft() {
    assertEquals(0, backend.memory().liveBuffers());
    backend.close();
  }

  @Test
  void findsTheFirstOutputThatIsNotFinite() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var w = scope.parameter(TWO, 1, 2);
      var v = scope.parameter(TWO, 3, 4);
      var a = Arithmetic.mul(w, v);
      assertTrue(Tape.firstNotFinite().isEmpty());
      var b = Activation.log(Arithmetic.sub(a, a));
      Activation.exp(Arithmetic.mul(b, v)); // not finite either, but later
      var found = Tape.firstNotFinite().orElseThrow();
      assertEquals("log", found.op());
      assertEquals(3, found.place());
      assertEquals(5, found.ops());
      assertEquals(b, found.output());
      assertEquals(v, found.weight());
    }
  }

  @Test
  void refusesToLoseAGradient() {
    try (var outer = Scope.open(backend, Mode.TRAIN)) {
      var x = outer.parameter(TWO, 1, 2);
      var y = Activation.exp(x);
      try (var inner = Scope.open(backend, Mode.TRAIN)) {
        var thrown = assertThrows(IllegalStateException.class, () -> Activation.exp(y));
        assertTrue(thrown.toString().contains("outer scope"), thrown.toString());
        Activation.exp(x); // a parameter may be used in any scope
      }
      try (var inner = Scope.open(backend, Mode.INFER)) {
        Activation.exp(y); // no gradient is wanted here
      }
    }
  }

  @Test
  void refusesAnOpWithoutDerivativeWhereOneIsNeeded() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(TWO, 1, 2);
      var y = scope.zeros(TWO);
      assertThrows(IllegalStateException.class, () -> Tape.forwardOnly("best", y, x));
      assertThrows(
          IllegalStateException.class, () -> Tape.forwardOnly("best", y, Activation.exp(x)));
      assertEquals(y, Tape.forwardOnly("best", y, y));
    }
    try (var scope = Scope.open(backend, Mode.INFER)) {
      var y = scope.zeros(TWO);
      assertEquals(y, Tape.forwardOnly("best", y, scope.parameter(TWO, 1, 2)));
    }
  }

  @Test
  void gradientsOfATensorUsedTwiceAddUp() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(TWO, 3, 5);
      var loss = Reduction.sum(Arithmetic.add(Arithmetic.mul(x, x), x));
      assertArrayEquals(new float[] {7, 11}, Tape.gradients(loss).of(x).toFloats());
    }
  }

  @Test
  void gradientsThatShareABufferStayApart() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var a = scope.parameter(TWO, 1, 2);
      var b = scope.parameter(TWO, 3, 4);
      // add hands the same dy to both, reshape and exp's input again to one of them.
      var sum = Arithmetic.add(a, b);
      var turned = Layout.reshape(sum, 2, 1);
      var back = Layout.reshape(turned, 2);
      var loss = Reduction.sum(Arithmetic.add(Arithmetic.add(back, a), Arithmetic.mul(b, b)));
      var gradients = Tape.gradients(loss);
      assertArrayEquals(new float[] {2, 2}, gradients.of(a).toFloats());
      assertArrayEquals(new float[] {7, 9}, gradients.of(b).toFloats());
    }
  }

  @Test
  void aTensorAddedToItselfHasTwiceTheGradient() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(TWO, 1, 2);
      var doubled = Arithmetic.add(x, x);
      var loss = Reduction.sum(Arithmetic.add(doubled, doubled));
      assertArrayEquals(new float[] {4, 4}, Tape.gradients(loss).of(x).toFloats());
    }
  }

  @Test
  void aDerivativeMayReturnATensorOfTheForwardPass() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(Shape.of(), 2);
      var constant = scope.of(Shape.of(), 7);
      var doubled = Arithmetic.scale(x, 2);
      var y = Tape.record("seven", scope.of(Shape.of(), 28)).wrt(doubled, dy -> constant).result();
      var gradients = Tape.gradients(y);
      assertEquals(14, gradients.of(x).item());
      assertEquals(7, constant.item(), "still there");
    }
  }

  @Test
  void whatTheBackwardPassMakesOnTheWayIsFreedAtOnce() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(TWO, 1, 2);
      var y = x;
      for (int i = 0; i < 20; i++) {
        var h = MatMul.matmul(Layout.reshape(y, 1, 2), scope.zeros(Shape.of(2, 2)));
        y = Arithmetic.mul(Activation.tanh(h), Activation.exp(h)); // h is used twice
      }
      var loss = Reduction.sum(y);
      long before = backend.memory().liveBuffers();
      Tape.gradients(loss);
      assertEquals(before + 1, backend.memory().liveBuffers(), "the gradient of x alone");
    }
  }

  @Test
  void onlyWhatDependsOnAParameterIsRecorded() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(TWO, 1, 2);
      var c = scope.of(TWO, 1, 2);
      Activation.exp(c);
      Arithmetic.mul(c, c);
      assertEquals(List.of(), Tape.recordedOps());
      Arithmetic.mul(Activation.exp(x), c);
      assertEquals(List.of("exp", "mul"), Tape.recordedOps());
    }
    try (var scope = Scope.open(backend, Mode.INFER)) {
      Activation.exp(scope.parameter(TWO, 1, 2));
      assertEquals(List.of(), Tape.recordedOps());
    }
  }

  @Test
  void nothingIsRecordedAfterTheGradients() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(TWO, 1, 2);
      var loss = Reduction.sum(x);
      Tape.gradients(loss);
      Activation.exp(x);
      assertEquals(List.of("sum"), Tape.recordedOps());
    }
  }

  @Test
  void parametersWithoutInfluenceHaveNoGradient() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(TWO, 1, 2);
      var y = scope.parameter(TWO, 1, 2);
      Activation.exp(y);
      var gradients = Tape.gradients(Reduction.sum(x));
      assertNull(gradients.find(y));
      assertThrows(IllegalArgumentException.class, () -> gradients.of(y));
      assertArrayEquals(new float[] {1, 1}, gradients.of(x).toFloats());
    }
  }

  @Test
  void refusesALossThatIsNoScalarOrDependsOnNothing() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(TWO, 1, 2);
      var y = Activation.exp(x);
      var thrown = assertThrows(IllegalArgumentException.class, () -> Tape.gradients(y));
      assertTrue(thrown.toString().contains("[2]"), thrown.toString());
      var constant = Reduction.sum(scope.zeros(TWO));
      assertThrows(IllegalStateException.class, () -> Tape.gradients(constant));
    }
  }

  @Test
  void refusesAGradientOfTheWrongShape() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(TWO, 1, 2);
      var y = Tape.record("odd", scope.of(Shape.of(), 1)).wrt(x, dy -> dy).result();
      var thrown = assertThrows(IllegalStateException.class, () -> Tape.gradients(y));
      assertTrue(thrown.toString().contains("odd"), thrown.toString());
    }
  }

  @Test
  void jointDerivativesAreToldWhatIsNeeded() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var x = scope.parameter(Shape.of(), 2);
      var constant = scope.of(Shape.of(), 3);
      var seen = new boolean[3];
      var y =
          Tape.recordJointly(
              "joint",
              scope.of(Shape.of(), 6),
              Arrays.asList(constant, null, x),
              needed -> {
                System.arraycopy(needed, 0, seen, 0, 3);
                return dy -> Arrays.asList(null, null, dy);
              });
      assertArrayEquals(new boolean[] {false, false, true}, seen);
      assertEquals(1, Tape.gradients(y).of(x).item());
      var unrecorded =
          Tape.recordJointly(
              "joint",
              scope.of(Shape.of(), 6),
              Arrays.asList(constant, null),
              needed -> {
                throw new AssertionError("no derivative is needed");
              });
      assertEquals(6, unrecorded.item());
    }
  }
}
