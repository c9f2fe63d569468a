package dev.mmib.jmh.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.mmib.jmh.Operand;
import dev.mmib.tensor.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** That ONNX Runtime reads what is written here. */
class OnnxOperatorTest {

  @Test
  void multipliesAnInputByATransposedWeight() throws Exception {
    var x = new Operand("x", Shape.of(2, 3), false);
    var w = new Operand("w", Shape.of(4, 3), true);
    float[] a = x.values();
    float[] b = w.values();
    var expected = new float[8];
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 4; j++) {
        for (int k = 0; k < 3; k++) {
          expected[4 * i + j] += a[3 * i + k] * b[3 * j + k];
        }
      }
    }
    try (var product =
        OnnxOperator.contender(1, List.of(x, w), "Gemm", Map.of("transB", 1L), 2, 4)) {
      assertArrayEquals(expected, product.result(), 1e-5f);
    }
  }

  @Test
  void takesAttributesThatAreRealsAndLists() throws Exception {
    var x = new Operand("x", Shape.of(2, 3), false);
    float[] a = x.values();
    try (var turned =
        OnnxOperator.contender(
            1, List.of(x), "Transpose", Map.of("perm", new long[] {1, 0}), 3, 2)) {
      assertArrayEquals(new float[] {a[0], a[3], a[1], a[4], a[2], a[5]}, turned.result());
    }
    try (var leaky =
        OnnxOperator.contender(1, List.of(x), "LeakyRelu", Map.of("alpha", 0.5f), 2, 3)) {
      var expected = new float[6];
      for (int i = 0; i < 6; i++) {
        expected[i] = a[i] < 0 ? a[i] / 2 : a[i];
      }
      assertArrayEquals(expected, leaky.result(), 1e-6f);
    }
  }
}
