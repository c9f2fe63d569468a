package dev.mmib.nd4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.DType;
import dev.mmib.backend.Device;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import dev.mmib.cpu.OffHeapBuffer;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** ND4J works on our memory itself. */
class Nd4jArraysTest {

  private final Backend nd4j = new Nd4jProvider().open(Device.Options.threads(2));

  @AfterEach
  void close() {
    nd4j.close();
  }

  @Test
  void copiesNothing() {
    try (var buffer = nd4j.allocate(DType.F32, 24)) {
      long address = OffHeapBuffer.of(buffer).pointer().address();
      var whole = Nd4jArrays.dense(buffer, 2, 3, 4);
      assertEquals(address, whole.data().pointer().address());
      whole.data().put(23, 7f);
      assertEquals(7, OffHeapBuffer.of(buffer).floats().get(23));
      var part = Nd4jArrays.strided(buffer, 4, new long[] {3, 2}, new long[] {6, 1});
      assertEquals(address + 16, part.data().pointer().address());
      part.data().put(2 * 6 + 1, 9f);
      assertEquals(9, OffHeapBuffer.of(buffer).floats().get(4 + 2 * 6 + 1));
    }
  }

  @Test
  void repeatsItselfToTheBit() {
    int m = 127;
    int n = 33;
    int k = 1025;
    try (var a = random(m * k);
        var b = random(n * k);
        var c = nd4j.allocate(DType.F32, m * n)) {
      float[] first = null;
      for (int i = 0; i < 10; i++) {
        nd4j.matmul().matmul(Product.of(m, n, k, false, true), a, b, null, c);
        var values = new float[m * n];
        nd4j.download(c, 0, values, 0, values.length);
        if (first == null) {
          first = values;
        }
        assertArrayEquals(first, values);
      }
    }
  }

  private OffHeapBuffer random(int length) {
    var random = new Random(3);
    var values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    var buffer = nd4j.allocate(DType.F32, length);
    nd4j.upload(values, 0, buffer, 0, length);
    return OffHeapBuffer.of(buffer);
  }

  @Test
  void keepsNothingOfManyShapes() {
    try (var a = random(400 * 16);
        var b = random(16 * 16);
        var c = nd4j.allocate(DType.F32, 400 * 16)) {
      long before = 0;
      for (int i = 0; i < 12_000; i++) {
        if (i == 2000) {
          before = Pointer.physicalBytes() - usedHeap();
        }
        nd4j.matmul().matmul(Product.of(1 + i % 400, 16, 16, false, true), a, b, null, c);
      }
      long grown = Pointer.physicalBytes() - Runtime.getRuntime().totalMemory() - before >> 20;
      assertTrue(grown < 200, "grown by " + grown + " MiB outside the heap");
    }
    assertEquals(0, nd4j.memory().liveBuffers());
  }

  /**
   * How much of the heap is resident is between what is used and what is committed; taking the one
   * before and the other after, growth of the heap is never mistaken for a leak.
   */
  private static long usedHeap() {
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
