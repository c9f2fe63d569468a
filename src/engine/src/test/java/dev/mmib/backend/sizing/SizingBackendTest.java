package dev.mmib.backend.sizing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.backend.Backend;
import dev.mmib.backend.DType;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.op.Activation;
import dev.mmib.op.MatMul;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import org.junit.jupiter.api.Test;

class SizingBackendTest {

  private static void differentiate(Backend backend) {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      var w = scope.parameter(Shape.of(31, 17), new float[31 * 17]);
      var x = scope.of(Shape.of(5, 17), new float[5 * 17]);
      var y = Activation.gelu(MatMul.linear(x, w, null));
      Tape.gradients(Reduction.sum(y));
    }
  }

  @Test
  void needsToTheByteWhatTheDeviceNeeds() {
    try (var device = new JavaBackend(1);
        var sizes = new SizingBackend(device)) {
      differentiate(sizes);
      assertEquals(0, device.memory().peakBytes());
      differentiate(device);
      assertEquals(device.memory(), sizes.memory());
    }
  }

  @Test
  void readsFloatsAsZerosAndRemembersInts() {
    try (var device = new JavaBackend(1);
        var sizes = new SizingBackend(device);
        var scope = Scope.open(sizes, Mode.INFER)) {
      assertArrayEquals(new float[2], scope.of(Shape.of(2), 3, 4).toFloats());
      assertArrayEquals(new int[] {3, 4}, scope.ints(Shape.of(2), 3, 4).toInts());
      assertEquals("java", sizes.name());
    }
  }

  @Test
  void holdsMoreThanAnyMachine() {
    try (var device = new JavaBackend(1);
        var sizes = new SizingBackend(device)) {
      for (int i = 0; i < 1000; i++) {
        sizes.allocate(DType.F32, Integer.MAX_VALUE);
      }
      assertEquals(4000L * Integer.MAX_VALUE, sizes.memory().liveBytes());
    }
  }

  @Test
  void refusesBuffersThatAreClosedOrOfAnotherDevice() {
    try (var device = new JavaBackend(1);
        var sizes = new SizingBackend(device)) {
      var closed = sizes.allocate(DType.F32, 1);
      closed.close();
      closed.close();
      assertEquals(0, sizes.memory().liveBytes());
      assertThrows(IllegalStateException.class, () -> sizes.elementwise().fill(closed, 0));
      var foreign = device.allocate(DType.F32, 1);
      assertThrows(IllegalArgumentException.class, () -> sizes.elementwise().fill(foreign, 0));
      foreign.close();
    }
  }
}
