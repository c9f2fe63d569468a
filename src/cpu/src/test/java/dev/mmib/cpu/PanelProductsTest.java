package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.op.MatMul;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import java.util.Arrays;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class PanelProductsTest {

  private final Numbers numbers = new Numbers();

  @Test
  void resultsAreBitEqualForAnyNumberOfThreads() {
    int out = 2 * Panels.WIDE + 50;
    int in = 130;
    for (int rows : new int[] {1, 7, 32, 70, 300, 600}) {
      float[] x = numbers.normal(rows * in);
      float[] w = numbers.normal(out * in);
      float[] bias = numbers.normal(out);
      float[] wanted = linear(1, rows, out, in, x, w, bias);
      for (int threads : new int[] {2, 3, 16}) {
        assertArrayEquals(
            wanted, linear(threads, rows, out, in, x, w, bias), rows + " rows by " + threads);
      }
    }
  }

  private static float[] linear(
      int threads, int rows, int out, int in, float[] x, float[] w, float[] bias) {
    try (var cpu = new CpuBackend(threads);
        Buffer xs = buffer(cpu, x);
        Buffer ws = buffer(cpu, w);
        Buffer shift = buffer(cpu, bias);
        Buffer y = buffer(cpu, new float[rows * out])) {
      cpu.matmul().linear(rows, out, in, xs, ws, shift, null, y);
      float[] first = values(cpu, y);
      cpu.matmul().linear(rows, out, in, xs, ws, shift, null, y);
      assertArrayEquals(first, values(cpu, y), "again");
      return first;
    }
  }

  @Test
  void changesPanelsOnlyWhenSeveralProductsWantOthers() {
    int out = Panels.WIDE + 70;
    int in = 65;
    int many = 100;
    try (var cpu = new CpuBackend(2);
        Buffer x = buffer(cpu, numbers.normal(many * in));
        Buffer w = buffer(cpu, numbers.normal(out * in));
        Buffer y = buffer(cpu, new float[many * out])) {
      Supplier<OffHeapBuffer.Layout> layout = () -> OffHeapBuffer.of(w).layout();
      cpu.matmul().linear(many, out, in, x, w, null, null, y);
      var wide = layout.get();
      float[] wanted = values(cpu, y);
      for (int i = 0; i < 20; i++) { // the two kinds in turns leave everything as it is
        cpu.matmul().linear(i % 2 == 0 ? 2 : many, out, in, x, w, null, null, y);
        assertEquals(wide, layout.get());
      }
      for (int i = 0; i < 8; i++) {
        assertEquals(wide, layout.get());
        cpu.matmul().linear(2, out, in, x, w, null, null, y);
      }
      var narrow = assertInstanceOf(Panels.class, layout.get());
      assertEquals(Panels.NARROW, narrow.widest());
      cpu.matmul().linear(many, out, in, x, w, null, null, y);
      assertEquals(narrow, layout.get());
      assertArrayEquals(wanted, values(cpu, y));
    }
  }

  @Test
  void layersOfInferenceKeepTheirWeightsInPanelsAndTrainingDoesNot() {
    try (var cpu = new CpuBackend(2);
        var model = Scope.detached(cpu)) {
      var w = model.parameter(Shape.of(400, 96), numbers.normal(400 * 96));
      OffHeapBuffer weights = OffHeapBuffer.of(w.buffer());
      long taken = cpu.memory().liveBytes();
      try (var scope = Scope.open(cpu, Mode.INFER)) {
        var x = scope.of(Shape.of(3, 96), numbers.normal(3 * 96));
        MatMul.linear(x, w, null);
        var panels = assertInstanceOf(Panels.class, weights.layout());
        MatMul.linear(x, w, null);
        assertEquals(panels, weights.layout());
      }
      assertEquals(taken, cpu.memory().liveBytes());
      try (var scope = Scope.open(cpu, Mode.TRAIN)) {
        MatMul.linear(scope.of(Shape.of(3, 96), numbers.normal(3 * 96)), w, null);
        assertNull(weights.layout());
      }
    }
  }

  @Test
  void anyPieceOfThemIsReadInPlainOrder() {
    int out = Panels.WIDE + 70;
    int in = 9;
    float[] w = numbers.normal(out * in);
    for (int rows : new int[] {1, 100}) { // narrow panels, wide ones
      try (var cpu = new CpuBackend(1);
          Buffer ws = buffer(cpu, w);
          Buffer x = buffer(cpu, numbers.normal(rows * in));
          Buffer y = buffer(cpu, new float[rows * out])) {
        cpu.matmul().linear(rows, out, in, x, ws, null, null, y);
        var layout = OffHeapBuffer.of(ws).layout();
        for (int[] piece : new int[][] {{0, 1}, {8, 2}, {430, 13}, {3450, out * in - 3450}}) {
          var got = new float[piece[1]];
          cpu.download(ws, piece[0], got, 0, got.length);
          assertArrayEquals(Arrays.copyOfRange(w, piece[0], piece[0] + piece[1]), got);
        }
        assertEquals(layout, OffHeapBuffer.of(ws).layout());
      }
    }
  }

  @Test
  void refusesWeightsThatAreAlsoTheRows() {
    try (var cpu = new CpuBackend(1);
        Buffer w = buffer(cpu, numbers.normal(64));
        Buffer y = buffer(cpu, new float[64])) {
      assertThrows(
          IllegalArgumentException.class, () -> cpu.matmul().linear(8, 8, 8, w, w, null, null, y));
    }
  }

  @Test
  void weightsThatServeAsOtherExtentsAreLaidOutAnew() {
    float[] w = numbers.normal(24 * 10);
    float[] x = numbers.normal(2 * 24);
    try (var cpu = new CpuBackend(1);
        Buffer ws = buffer(cpu, w);
        Buffer xs = buffer(cpu, x);
        Buffer y = buffer(cpu, new float[48])) {
      cpu.matmul().linear(2, 24, 10, xs, ws, null, null, y);
      assertTrue(assertInstanceOf(Panels.class, OffHeapBuffer.of(ws).layout()).are(24, 10));
      cpu.matmul().linear(2, 10, 24, xs, ws, null, null, y);
      assertTrue(assertInstanceOf(Panels.class, OffHeapBuffer.of(ws).layout()).are(10, 24));
      double sum = 0;
      for (int i = 0; i < 24; i++) {
        sum += (double) x[24 + i] * w[3 * 24 + i];
      }
      assertEquals(sum, values(cpu, y)[10 + 3], 1e-5);
      assertArrayEquals(w, values(cpu, ws));
    }
  }
}
