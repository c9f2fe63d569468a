package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
          IllegalStateException.class, () -> device.download(buffer, 0, new float[4], 0, 4));
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
