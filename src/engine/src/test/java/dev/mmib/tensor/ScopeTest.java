package dev.mmib.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.ReferenceBackend;
import dev.mmib.op.Activation;
import dev.mmib.op.Arithmetic;
import dev.mmib.op.MatMul;
import dev.mmib.op.Reduction;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScopeTest {

  private final ReferenceBackend backend = new ReferenceBackend();

  @AfterEach
  void nothingIsLeft() {
    assertEquals(0, backend.memory().liveBuffers());
    assertThrows(IllegalStateException.class, Scope::current);
    backend.close();
  }

  @Test
  void closingAnyScopeLeavesNoLiveBuffer() {
    try (var outer = Scope.open(backend, Mode.TRAIN)) {
      var x = outer.parameter(Shape.of(3), 1, 2, 3);
      try (var inner = Scope.open(backend, Mode.INFER)) {
        Reduction.sum(Arithmetic.mul(x, Activation.exp(x)));
        assertTrue(backend.memory().liveBuffers() > 1);
      }
      assertEquals(1, backend.memory().liveBuffers());
      Tape.gradients(Reduction.sum(Arithmetic.mul(x, Activation.exp(x))));
    }
    assertEquals(0, backend.memory().liveBuffers());
  }

  @Test
  void usingATensorAfterItsScopeClosedThrows() {
    Tensor leaked;
    try (var scope = Scope.open(backend, Mode.INFER)) {
      leaked = scope.of(Shape.of(2), 1, 2);
    }
    try (var scope = Scope.open(backend, Mode.INFER)) {
      var thrown = assertThrows(IllegalStateException.class, () -> Activation.exp(leaked));
      assertTrue(thrown.toString().contains("closed"), thrown.toString());
      assertThrows(IllegalStateException.class, leaked::toFloats);
    }
  }

  @Test
  void keptTensorOutlivesItsScope() {
    try (var outer = Scope.open(backend, Mode.INFER)) {
      Tensor kept;
      try (var middle = Scope.open(backend, Mode.INFER);
          var inner = Scope.open(backend, Mode.INFER)) {
        kept = outer.keep(Activation.exp(inner.of(Shape.of(2), 0, 0)));
      }
      assertArrayEquals(new float[] {1, 1}, kept.toFloats());
    }
  }

  @Test
  void keepingATensorOfAnOuterScopeChangesNothing() {
    try (var outer = Scope.open(backend, Mode.INFER)) {
      var x = outer.of(Shape.of(1), 5);
      try (var middle = Scope.open(backend, Mode.INFER);
          var inner = Scope.open(backend, Mode.INFER)) {
        assertSame(x, middle.keep(x));
      }
      assertEquals(5, x.item());
    }
  }

  @Test
  void closingOutOfOrderThrows() {
    var outer = Scope.open(backend, Mode.INFER);
    var inner = Scope.open(backend, Mode.INFER);
    assertThrows(IllegalStateException.class, outer::close);
    inner.close();
    outer.close();
    outer.close(); // a second time does nothing
  }

  @Test
  void aClosedScopeOwnsNothingMore() {
    var scope = Scope.open(backend, Mode.INFER);
    scope.close();
    assertThrows(IllegalStateException.class, () -> scope.zeros(Shape.of(2)));
  }

  @Test
  void detachedScopeOwnsWeightsAndIsNotCurrent() {
    try (var weights = Scope.detached(backend)) {
      assertThrows(IllegalStateException.class, Scope::current);
      var w = weights.parameter(Shape.of(2, 2), 1, 2, 3, 4);
      try (var step = Scope.open(backend, Mode.TRAIN)) {
        var x = step.of(Shape.of(1, 2), 1, 1);
        var gradients = Tape.gradients(Reduction.sum(MatMul.matmul(x, w)));
        assertArrayEquals(new float[] {1, 1, 1, 1}, gradients.of(w).toFloats());
        weights.keep(gradients.of(w));
      }
      assertEquals(2, backend.memory().liveBuffers());
    }
  }

  @Test
  void detachedScopeMayBeClosedWhileOthersAreOpenAndOnAnyThread() throws InterruptedException {
    var weights = Scope.detached(backend);
    weights.zeros(Shape.of(3));
    try (var step = Scope.open(backend, Mode.INFER)) {
      var thread = new Thread(weights::close);
      thread.start();
      thread.join();
      assertSame(step, Scope.current());
      assertEquals(0, backend.memory().liveBuffers());
    }
  }

  @Test
  void threadsHaveScopesOfTheirOwn() throws InterruptedException {
    try (var here = Scope.open(backend, Mode.INFER)) {
      var seen = new AtomicReference<Throwable>();
      var thread =
          new Thread(() -> seen.set(assertThrows(IllegalStateException.class, Scope::current)));
      thread.start();
      thread.join();
      assertTrue(seen.toString().contains("Scope.open"), seen.toString());
      assertSame(here, Scope.current());
    }
  }

  @Test
  void valuesMustFillTheirShape() {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      assertThrows(IllegalArgumentException.class, () -> scope.of(Shape.of(2), 1));
      assertThrows(IllegalArgumentException.class, () -> scope.ints(Shape.of(2), 1, 2, 3));
      assertThrows(IllegalArgumentException.class, () -> scope.parameter(Shape.of(2), 1f));
      assertThrows(IllegalArgumentException.class, () -> scope.zeros(Shape.of(2)).item());
      assertThrows(
          IllegalArgumentException.class, () -> scope.zeros(Shape.of(2)).viewAs(Shape.of(3)));
      assertArrayEquals(new int[] {7, 8}, scope.ints(Shape.of(2), 7, 8).toInts());
      assertArrayEquals(new float[] {0, 0}, scope.zeros(Shape.of(2)).toFloats());
      assertEquals("Tensor[2]", scope.zeros(Shape.of(2)).toString());
      assertEquals("IntTensor[1]", scope.ints(Shape.of(1), 0).toString());
    }
  }

  @Test
  void innerScopesGoOnWithTheRandomNumbersOfTheOuterOne() {
    try (var outer = Scope.open(backend, Mode.TRAIN, new RandomState(4, 6))) {
      try (var inner = Scope.open(backend, Mode.INFER)) {
        assertEquals(4, inner.random().seed());
        assertEquals(6, inner.random().nextStream());
      }
      assertEquals(7, outer.random().position());
    }
  }
}
