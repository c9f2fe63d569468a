package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.ReferenceBackend;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.function.Executable;

/** Tensors of a double-precision device, for tests of the basic operators. */
abstract class OpsFixture {

  final ReferenceBackend backend = new ReferenceBackend();
  Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open(backend, Mode.INFER);
  }

  @AfterEach
  void close() {
    scope.close();
    assertEquals(0, backend.memory().liveBuffers());
    backend.close();
  }

  /** A tensor whose element i is a wild but repeatable number. */
  Tensor wild(int... dims) {
    var shape = Shape.of(dims);
    var t = scope.allocate(shape);
    backend.set(
        t.buffer(), IntStream.range(0, shape.size()).mapToDouble(OpsFixture::wildly).toArray());
    return t;
  }

  static double wildly(int i) {
    return Math.sin(12.9898 * (i + 1)) * 1.7;
  }

  void assertElements(Tensor y, Shape shape, IntToDoubleFunction expected) {
    assertEquals(shape, y.shape());
    var want = IntStream.range(0, shape.size()).mapToDouble(expected).toArray();
    assertArrayEquals(want, backend.values(y.buffer()), 1e-12);
  }

  static void assertMessage(String part1, String part2, Executable call) {
    var message = assertThrows(IllegalArgumentException.class, call).toString();
    assertTrue(message.contains(part1) && message.contains(part2), message);
  }
}
