package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.backend.DType;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OffHeapBufferTest {

  private final OffHeapMemory memory = new OffHeapMemory();

  @AfterEach
  void everythingIsGivenBack() {
    assertEquals(0, memory.use().liveBuffers());
    assertEquals(0, memory.use().liveBytes());
    memory.close();
  }

  /** Numbers from the last to the first, with {@code gaps} unused ones before. */
  private record Backwards(int length, int gaps) implements OffHeapBuffer.Layout {

    @Override
    public long bytes(int ofLength) {
      return 4L * (ofLength + gaps);
    }

    @Override
    public void restore(BytePointer from, BytePointer plain) {
      for (int i = 0; i < length; i++) {
        plain.putFloat(4L * i, from.getFloat(4L * (gaps + length - 1 - i)));
      }
    }

    void arrange(BytePointer plain, BytePointer to) {
      for (int i = 0; i < length; i++) {
        to.putFloat(4L * (gaps + length - 1 - i), plain.getFloat(4L * i));
      }
    }
  }

  private OffHeapBuffer threeNumbers() {
    var buffer = memory.allocate(DType.F32, 3);
    buffer.floats().put(0, new float[] {1, 2, 3});
    return buffer;
  }

  private static float[] numbers(FloatBuffer floats) {
    var values = new float[floats.limit()];
    floats.get(0, values);
    return values;
  }

  @Test
  void showsNumbersInPlainOrderWhateverTheyLieIn() {
    for (int gaps : new int[] {0, 5, 1000}) {
      var backwards = new Backwards(3, gaps);
      try (var buffer = threeNumbers()) {
        buffer.layOut(backwards, backwards::arrange);
        assertSame(backwards, buffer.layout());
        assertEquals(3, buffer.laidOut().getFloat(4L * gaps));
        assertArrayEquals(new float[] {1, 2, 3}, numbers(buffer.floats()));
        assertNull(buffer.layout());

        buffer.layOut(backwards, backwards::arrange);
        assertEquals(2, buffer.reading().getFloat(4));

        buffer.layOut(backwards, backwards::arrange);
        assertEquals(3, buffer.pointer().getFloat(8));

        buffer.layOut(backwards, backwards::arrange);
        assertEquals(2, buffer.bytes(1, 1).getFloat(0));
      }
    }
  }

  @Test
  void takesNumbersThatAreWrittenInAnotherOrder() {
    try (var buffer = threeNumbers()) {
      var wide = new Backwards(3, 1000);
      var to = buffer.overwriting(wide);
      wide.arrange(threeElsewhere(7, 8, 9), to);
      assertArrayEquals(new float[] {7, 8, 9}, numbers(buffer.floats()));
      buffer.overwriting(wide);
      buffer.overwriting(null).putFloat(0, 4).putFloat(4, 5).putFloat(8, 6);
      assertArrayEquals(new float[] {4, 5, 6}, numbers(buffer.floats()));
    }
  }

  private static BytePointer threeElsewhere(float... values) {
    var pointer = new BytePointer(12);
    for (int i = 0; i < 3; i++) {
      pointer.putFloat(4L * i, values[i]);
    }
    return pointer;
  }

  @Test
  void countsEveryAccessThatMayChangeTheNumbers() {
    try (var buffer = threeNumbers();
        var ints = memory.allocate(DType.I32, 3)) {
      var backwards = new Backwards(3, 0);
      List<Runnable> silent =
          List.of(
              buffer::reading,
              () -> buffer.layOut(backwards, backwards::arrange),
              buffer::laidOut,
              buffer::reading);
      for (var access : silent) {
        long before = buffer.changes();
        access.run();
        assertEquals(before, buffer.changes());
      }
      List<Runnable> changing =
          List.of(
              buffer::floats,
              buffer::pointer,
              () -> buffer.bytes(0, 1),
              () -> buffer.overwriting(null));
      for (var access : changing) {
        long before = buffer.changes();
        access.run();
        assertEquals(before + 1, buffer.changes());
      }
      long before = ints.changes();
      ints.ints();
      assertEquals(before + 1, ints.changes());
    }
  }

  /** Says when it is closed. */
  private record Copy(OffHeapBuffer of, long changes, List<String> closed, String name)
      implements OffHeapBuffer.Derived {

    @Override
    public boolean isCurrent() {
      return of.changes() == changes;
    }

    @Override
    public void close() {
      closed.add(name);
    }
  }

  @Test
  void keepsWhatWasMadeOfItsNumbersUntilTheyChange() {
    var closed = new ArrayList<String>();
    try (var buffer = threeNumbers()) {
      assertNull(buffer.derived("copy"));
      var first = new Copy(buffer, buffer.changes(), closed, "first");
      buffer.keep("copy", first);
      assertSame(first, buffer.derived("copy"));
      assertNull(buffer.derived("another"));
      buffer.floats().put(0, 4);
      assertNull(buffer.derived("copy"));
      buffer.keep("copy", new Copy(buffer, buffer.changes(), closed, "second"));
      buffer.keep("another", new Copy(buffer, buffer.changes(), closed, "third"));
      assertEquals(List.of("first"), closed);
      assertNotNull(buffer.derived("copy"));
    }
    closed.sort(null);
    assertEquals(List.of("first", "second", "third"), closed);
  }

  @Test
  void refusesEverythingOnceClosed() {
    var buffer = threeNumbers();
    var backwards = new Backwards(3, 0);
    buffer.layOut(backwards, backwards::arrange);
    buffer.close();
    buffer.close();
    List<Runnable> accesses =
        List.of(
            buffer::floats,
            buffer::pointer,
            buffer::reading,
            buffer::laidOut,
            () -> buffer.bytes(0, 1),
            () -> buffer.overwriting(null),
            () -> buffer.layOut(backwards, backwards::arrange),
            () -> buffer.keep("copy", new Copy(buffer, 0, new ArrayList<>(), "late")));
    for (var access : accesses) {
      assertThrows(IllegalStateException.class, access::run);
    }
  }
}
