package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.MatMulKernels;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import org.junit.jupiter.api.Test;

/** Buffers: what goes in comes out, and what is closed is free. */
public interface MemoryContract extends KernelContract {

  @Test
  default void givesBackWhatWasUploaded() {
    try (var device = open();
        var floats = device.allocate(DType.F32, 5);
        var ints = device.allocate(DType.I32, 3)) {
      device.upload(new float[] {1, 2, 3, 4, 5}, 0, floats, 0, 5);
      device.upload(new float[] {0, 7, 8}, 1, floats, 2, 2);
      var back = new float[6];
      device.download(floats, 1, back, 2, 4);
      assertArrayEquals(new float[] {0, 0, 2, 7, 8, 5}, back);
      device.upload(new int[] {-1, Integer.MAX_VALUE, 5}, 0, ints, 0, 3);
      var numbers = new int[2];
      device.download(ints, 1, numbers, 0, 2);
      assertArrayEquals(new int[] {Integer.MAX_VALUE, 5}, numbers);
      assertEquals(DType.F32, floats.type());
      assertEquals(5, floats.length());
    }
  }

  @Test
  default void takesNumbersFromBytes() {
    int length = 600_011; // more than one run of the devices that copy, and of those that share
    ByteSource hundreds =
        (at, to) -> {
          for (long i = at; to.hasRemaining(); i++) {
            to.putInt((int) (100 * i));
          }
        };
    ByteSource halves =
        (at, to) -> {
          for (long i = at; to.hasRemaining(); i++) {
            to.putFloat(i / 2f);
          }
        };
    try (var device = open();
        var ints = device.allocate(DType.I32, length);
        var floats = device.allocate(DType.F32, length)) {
      device.upload(hundreds, ints, 0, length);
      device.upload(halves, floats, 0, length);
      device.upload(halves, floats, 3, 2);
      device.upload(halves, floats, length, 0);
      var numbers = new int[length];
      device.download(ints, 0, numbers, 0, length);
      var values = new float[length];
      device.download(floats, 0, values, 0, length);
      for (int i = 0; i < length; i++) {
        assertEquals(100 * i, numbers[i]);
        assertEquals(i == 3 || i == 4 ? (i - 3) / 2f : i / 2f, values[i]);
      }
      assertThrows(
          IndexOutOfBoundsException.class, () -> device.upload(halves, floats, length - 1, 2));
    }
  }

  @Test
  default void countsLiveBuffersAndTheirPeak() {
    try (var device = open()) {
      var a = device.allocate(DType.F32, 10);
      var b = device.allocate(DType.I32, 20);
      assertEquals(2, device.memory().liveBuffers());
      assertEquals(120, device.memory().liveBytes());
      b.close();
      b.close();
      assertEquals(1, device.memory().liveBuffers());
      assertEquals(40, device.memory().liveBytes());
      assertTrue(device.memory().peakBytes() >= 120);
      a.close();
      assertEquals(0, device.memory().liveBuffers());
    }
  }

  @Test
  default void refusesAClosedBuffer() {
    try (var device = open()) {
      var buffer = device.allocate(DType.F32, 4);
      buffer.close();
      assertThrows(
          IllegalStateException.class, () -> device.upload((at, to) -> to.putInt(0), buffer, 0, 1));
      assertThrows(
          IllegalStateException.class, () -> device.download(buffer, 0, new float[4], 0, 4));
    }
  }

  @Test
  default void saysThatThereIsNoMemory() {
    try (var device = open()) {
      var e =
          assertThrows(MmibException.class, () -> device.allocate(DType.F32, Integer.MAX_VALUE));
      assertEquals(ErrorCode.OUT_OF_MEMORY, e.code());
      assertEquals(0, device.memory().liveBuffers());
      var heads = new AttentionKernels.Heads(64, 12, 2048, 2048, 64, 1);
      e = assertThrows(MmibException.class, () -> device.attention().savedLength(heads));
      assertEquals(ErrorCode.OUT_OF_MEMORY, e.code());
      assertTrue(e.toString().contains("2048"), e.toString());
    }
  }

  @Test
  default void kernelsRefuseIntsForFloats() {
    try (var device = open();
        var ints = device.allocate(DType.I32, 4);
        var floats = device.allocate(DType.F32, 4);
        var out = device.allocate(DType.F32, 4)) {
      device.elementwise().fill(floats, 1);
      var product = MatMulKernels.Product.of(2, 2, 2, false, false);
      assertThrows(
          IllegalStateException.class,
          () -> device.matmul().matmul(product, floats, ints, null, out));
      assertThrows(IllegalStateException.class, () -> device.norm().softmax(ints, out, 2, 2));
      var heads = new AttentionKernels.Heads(1, 1, 2, 2, 2, 1);
      assertThrows(
          IllegalStateException.class,
          () -> device.attention().probabilities(heads, ints, floats, Masks.NONE, out));
      var conv = new ConvolutionKernels.Conv2d(1, 1, 2, 2, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1);
      assertThrows(
          IllegalStateException.class,
          () -> device.convolution().forward(conv, ints, floats, null, out));
    }
  }

  @Test
  default void refusesABufferOfTheWrongType() {
    try (var device = open();
        var ints = device.allocate(DType.I32, 4)) {
      assertThrows(IllegalStateException.class, () -> device.download(ints, 0, new float[4], 0, 4));
    }
  }
}
