package dev.mmib.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.tensor.Shape;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Operators that move or add up numbers, against loops. */
class LayoutTest extends OpsFixture {

  @Test
  void rowsAreTakenByNumber() {
    var ids = scope.ints(Shape.of(2, 2), 3, 0, 1, 3);
    var rows = new int[] {3, 0, 1, 3};
    assertElements(
        Lookup.embedding(wild(4, 5), ids), Shape.of(2, 2, 5), i -> wildly(rows[i / 5] * 5 + i % 5));
    var gaps = scope.ints(Shape.of(2), -1, 2);
    assertElements(
        Lookup.gatherRows(wild(4, 5), gaps), Shape.of(2, 5), i -> i < 5 ? 0 : wildly(5 + i));
  }

  @Test
  void idsOutsideTheTableAreRefused() {
    var high = scope.ints(Shape.of(2), 0, 4);
    assertMessage("4", "[4, 5]", () -> Lookup.embedding(wild(4, 5), high));
    assertMessage("4", "[4, 5]", () -> Lookup.gatherRows(wild(4, 5), high));
    var low = scope.ints(Shape.of(2), 0, -1);
    assertMessage("-1", "[4, 5]", () -> Lookup.embedding(wild(4, 5), low));
    var lower = scope.ints(Shape.of(2), 0, -2);
    assertMessage("-2", "[4, 5]", () -> Lookup.gatherRows(wild(4, 5), lower));
    assertMessage("ints", "[2]", () -> Lookup.embedding(wild(4, 5), wild(2)));
  }

  @Test
  void sumsAndMeansFollowTheirAxes() {
    var x = wild(2, 3, 4);
    IntToDoubleFunction middle =
        i -> IntStream.range(0, 3).mapToDouble(j -> wildly(i / 4 * 12 + j * 4 + i % 4)).sum();
    assertElements(Reduction.sum(x, 1, false), Shape.of(2, 4), middle);
    assertElements(Reduction.sum(x, -2, true), Shape.of(2, 1, 4), middle);
    assertElements(Reduction.mean(x, 1, false), Shape.of(2, 4), i -> middle.applyAsDouble(i) / 3);
    double all = IntStream.range(0, 24).mapToDouble(OpsFixture::wildly).sum();
    assertElements(Reduction.sum(x), Shape.of(), i -> all);
    assertElements(Reduction.mean(x), Shape.of(), i -> all / 24);
    assertElements(
        Reduction.sumTo(x, Shape.of(3, 1)),
        Shape.of(3, 1),
        i ->
            IntStream.range(0, 24)
                .filter(j -> j / 4 % 3 == i)
                .mapToDouble(OpsFixture::wildly)
                .sum());
    assertSame(x, Reduction.sumTo(x, x.shape()));
    assertMessage("[4, 3]", "[2, 3, 4]", () -> Reduction.sumTo(x, Shape.of(4, 3)));
  }

  @Test
  void sumsOfManyElementsAreAccumulatedInDouble() {
    int n = 100_003;
    var x = scope.allocate(Shape.of(n));
    backend.set(x.buffer(), IntStream.range(0, n).mapToDouble(i -> i % 7).toArray());
    double expected = IntStream.range(0, n).mapToDouble(i -> i % 7).sum();
    assertElements(Reduction.sum(x), Shape.of(), i -> expected);
  }

  @Test
  void sumsOverRowsReachEveryColumn() {
    assertElements(
        Reduction.sum(wild(2, 3, 700), 1, false),
        Shape.of(2, 700),
        i ->
            IntStream.range(0, 3)
                .mapToDouble(j -> wildly((i / 700 * 3 + j) * 700 + i % 700))
                .sum());
  }

  @Test
  void layoutsMoveNumbersWhereTheySay() {
    var x = wild(2, 3, 4);
    assertElements(Layout.reshape(x, 4, -1), Shape.of(4, 6), OpsFixture::wildly);
    assertElements(
        Layout.permute(x, 2, 0, -2),
        Shape.of(4, 2, 3),
        i -> wildly(i / 3 % 2 * 12 + i % 3 * 4 + i / 6));
    assertElements(
        Layout.transpose(x), Shape.of(2, 4, 3), i -> wildly(i / 12 * 12 + i % 3 * 4 + i / 3 % 4));
    assertElements(
        Layout.slice(x, 1, 1, 3), Shape.of(2, 2, 4), i -> wildly(i / 8 * 12 + 4 + i % 8));
    assertElements(
        Layout.roll(x, 1, 1),
        x.shape(),
        i -> wildly(i / 12 * 12 + Math.floorMod(i / 4 % 3 - 1, 3) * 4 + i % 4));
    assertElements(Layout.roll(x, -5, -1), x.shape(), i -> wildly(i / 4 * 4 + (i % 4 + 5) % 4));
    assertElements(
        Layout.concat(1, x, wild(2, 1, 4)),
        Shape.of(2, 4, 4),
        i -> wildly(i % 16 < 12 ? i / 16 * 12 + i % 16 : i / 16 * 4 + i % 4));
    assertElements(
        Layout.broadcastTo(wild(3, 1), Shape.of(2, 3, 4)), x.shape(), i -> wildly(i / 4 % 3));
  }

  @Test
  void layoutsMoveIntsToo() {
    var x = scope.ints(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
    assertArrayEquals(new int[] {1, 4, 2, 5, 3, 6}, Layout.transpose(x).toInts());
    assertArrayEquals(new int[] {2, 5}, Layout.slice(x, 1, 1, 2).toInts());
    assertArrayEquals(new int[] {4, 5, 6, 1, 2, 3}, Layout.roll(x, 1, 0).toInts());
    assertArrayEquals(
        new int[] {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}, Layout.concat(1, x, x).toInts());
  }

  @Test
  void layoutsNameTheShapesThatDoNotFit() {
    var x = wild(2, 3);
    assertMessage("[2, 3]", "[4, 2]", () -> Layout.reshape(x, 4, 2));
    assertMessage("[2, 3]", "[-1, 4]", () -> Layout.reshape(x, -1, 4));
    assertMessage("[2, 3]", "[-1, -1]", () -> Layout.reshape(x, -1, -1));
    assertMessage("[2, 4]", "[2, 3]", () -> Layout.concat(0, x, wild(2, 4)));
    assertMessage("[2]", "[2, 3]", () -> Layout.concat(0, x, wild(2)));
    assertMessage("[2, 5)", "[2, 3]", () -> Layout.slice(x, 1, 2, 5));
    assertMessage("[2, 2)", "[2, 3]", () -> Layout.slice(x, 1, 2, 2));
    assertMessage("[0, 0]", "[2, 3]", () -> Layout.permute(x, 0, 0));
    assertMessage("[0]", "[2, 3]", () -> Layout.permute(x, 0));
    assertMessage("[2, 3]", "[3, 2]", () -> Layout.broadcastTo(x, Shape.of(3, 2)));
    assertMessage("axis 2", "[2, 3]", () -> Layout.roll(x, 1, 2));
    assertMessage("[3]", "two axes", () -> Layout.transpose(wild(3)));
    assertThrows(IllegalArgumentException.class, () -> Layout.concat(0));
  }
}
