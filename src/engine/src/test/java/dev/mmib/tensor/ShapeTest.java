package dev.mmib.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ShapeTest {

  @Test
  void knowsItsExtents() {
    var shape = Shape.of(2, 3, 4);
    assertEquals(3, shape.rank());
    assertEquals(24, shape.size());
    assertEquals(4, shape.dim(-1));
    assertEquals(2, shape.dim(0));
    assertEquals(4, shape.last());
    assertEquals(12, shape.product(1, 3));
    assertEquals(1, shape.product(3, 3));
    assertEquals("[2, 3, 4]", shape.toString());
    assertEquals(Shape.of(2, 9, 4), shape.with(-2, 9));
    assertEquals(shape.hashCode(), Shape.of(2, 3, 4).hashCode());
    assertNotEquals(shape, Shape.of(2, 12));
    assertEquals(1, Shape.of().size());
    assertEquals(1, Shape.of().last());
  }

  @Test
  void doesNotChangeWithTheArraysItIsMadeOf() {
    var dims = new int[] {2, 3};
    var shape = Shape.of(dims);
    dims[0] = 9;
    shape.dims()[1] = 9;
    assertArrayEquals(new int[] {2, 3}, shape.dims());
  }

  @Test
  void refusesWhatIsNoShape() {
    assertThrows(IllegalArgumentException.class, () -> Shape.of(2, 0));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(-1));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(1 << 16, 1 << 15));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(1 << 30, 1 << 30, 1 << 4));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(2).dim(1));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(2).dim(-2));
  }
}
