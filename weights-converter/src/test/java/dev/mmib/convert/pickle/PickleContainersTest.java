package dev.mmib.convert.pickle;

import static dev.mmib.convert.pickle.PickleBytes.pickle;
import static dev.mmib.convert.pickle.PickleRow.refused;
import static dev.mmib.convert.pickle.PickleRow.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** P04 to P09: what containers hold, what is remembered, and what both may cost. */
class PickleContainersTest {

  static Stream<PickleRow> growing() {
    return Stream.of(
        no("P04a: SETITEM on a list", pickle().emptyList().whole(0).none().setItem(), "no dict"),
        no(
            "P04a: SETITEMS on a list",
            pickle().emptyList().mark().whole(0).none().setItems(),
            "no dict"),
        no(
            "P04c: SETITEMS with an odd count",
            pickle().emptyDict().mark().none().setItems(),
            "no value"),
        no("P04c: DICT with an odd count", pickle().mark().whole(1).ascii("d"), "no value"),
        no("P04d: APPEND to a tuple", pickle().emptyTuple().none().ascii("a"), "no list"),
        no("P04d: APPENDS to a tuple", pickle().emptyTuple().mark().none().appends(), "no list"),
        no("P04d: APPEND to a dict", pickle().emptyDict().none().ascii("a"), "no list"),
        no("P04d: APPENDS to a dict", pickle().emptyDict().mark().none().appends(), "no list"),
        no("P05a: a list as key", pickle().emptyDict().emptyList().none().setItem(), "key"),
        no("P05a: a dict as key", pickle().emptyDict().emptyDict().none().setItem(), "key"),
        no("P05a: a tuple as key", pickle().emptyDict().emptyTuple().none().setItem(), "key"),
        no("P05c: itself as key", pickle().emptyDict().put(0).get(0).none().setItem(), "key"),
        no("P05a: a list as key of DICT", pickle().mark().emptyList().none().ascii("d"), "key"),
        value(
            "P05d: a key twice: the last wins, in the first's place",
            pickle()
                .emptyDict()
                .mark()
                .text("a")
                .whole(1)
                .text("b")
                .whole(2)
                .text("a")
                .whole(3)
                .setItems()
                .stop(),
            "{'a': 3, 'b': 2}"),
        value(
            "P05: keys of every kind",
            pickle()
                .mark()
                .none()
                .none()
                .whole(-1)
                .none()
                .real(0.5)
                .none()
                .truth(true)
                .none()
                .ascii("d")
                .stop(),
            "{None: None, -1: None, 0.5: None, True: None}"),
        value(
            "P04: lists, tuples and dicts of all opcodes",
            pickle()
                .mark()
                .mark()
                .whole(1)
                .ascii("l")
                .whole(2)
                .bytes(0x85)
                .whole(3)
                .whole(4)
                .bytes(0x86)
                .none()
                .emptyTuple()
                .emptyList()
                .whole(5)
                .ascii("a")
                .bytes(0x87)
                .mark()
                .tuple()
                .tuple()
                .stop(),
            "([1], (2), (3, 4), (None, (), [5]), ())"),
        value(
            "P04: POP, POP_MARK and DUP",
            pickle().mark().none().ascii("1N2N0(0").bytes(0x86).stop(),
            "(None, None)"));
  }

  static Stream<PickleRow> remembering() {
    return Stream.of(
        no("P06a: BINGET of nothing", pickle().bytes('h', 3), "BINGET of number 3"),
        no("P06a: LONG_BINGET of nothing", pickle().get(3), "LONG_BINGET of number 3"),
        no("P06a: GET of nothing", pickle().ascii("g3\n"), "GET of number 3"),
        no(
            "P06b: LONG_BINGET of 2^31",
            pickle().none().put(0).get(Integer.MIN_VALUE),
            "2147483648"),
        no("P06c: GET of -1", pickle().none().put(0).ascii("g-1\n"), "GET of number -1"),
        no("P06: GET of 2^64", pickle().none().ascii("g18446744073709551616\n"), "GET of number"),
        no("P06: PUT of 2^31", pickle().none().ascii("p2147483648\n"), "PUT of number 2147483648"),
        no("P06: LONG_BINPUT of 2^31", pickle().none().put(Integer.MIN_VALUE), "2147483648"),
        no("P06: PUT of -1", pickle().none().ascii("p-1\n"), "PUT of number -1"),
        no("P06: PUT of x", pickle().none().ascii("px\n"), "'x' is no integer"),
        value(
            "P06: PUT of 2^31 - 1",
            pickle().none().put(Integer.MAX_VALUE).get(Integer.MAX_VALUE).bytes(0x86).stop(),
            "(None, None)"),
        value(
            "P06: MEMOIZE counts up",
            pickle().whole(7).bytes(0x94).whole(8).bytes(0x94).ascii("h\1").bytes(0x87).stop(),
            "(7, 8, 8)"),
        value(
            "P06: PUT twice: the last stays",
            pickle().whole(7).bytes('q', 0).whole(8).bytes('q', 0, 'h', 0, 0x87).stop(),
            "(7, 8, 8)"));
  }

  static Stream<PickleRow> budgets() {
    return Stream.of(
        no(
            "P07: a list that holds itself",
            pickle().emptyList().put(0).get(0).ascii("a"),
            "holds itself"),
        no(
            "P07: a dict that holds itself",
            pickle().emptyDict().put(0).none().get(0).setItem(),
            "holds itself"),
        no(
            "P07: a tuple that holds itself by way of a list",
            pickle().emptyList().put(0).bytes(0x85).put(1).get(0).get(1).ascii("a0"),
            "holds itself"),
        no("P08: 900,000 nested tuples", pickle().emptyList().times(900_000, "\u0085"), "200 deep"),
        no(
            "P08: a million nested tuples",
            pickle().emptyList().times(1_000_000, "\u0085"),
            "1000000 containers"),
        no(
            "P08: 900,000 nested lists",
            pickle().times(900_000, "]").times(899_999, "a"),
            "200 deep"),
        no("P08: a million marks", pickle().times(1_000_000, "("), "on the stack"),
        value(
            "P08: a million marks, all taken back",
            pickle().times(1_000_000, "(").times(1_000_000, "0").none().stop(),
            "None"),
        no(
            "P08: 200 nested tuples",
            pickle().emptyList().none().ascii("a").times(200, "\u0085"),
            "200 deep"),
        no("P08: 100 lists, twice as deep in the second look", twiceAsDeep(), "200 deep"),
        value(
            "P08: 199 nested tuples",
            pickle().emptyList().times(199, "\u0085").stop(),
            "(".repeat(199) + "[]" + ")".repeat(199)),
        no("P09: lists of two references, 60 levels", doubling(60), "values when written out"),
        no("P09: lists of two references, 22 levels", doubling(22), "values when written out"),
        no(
            "P09: six million instructions",
            pickle().times(3_000_000, "N0").none(),
            "5000000 instructions"),
        no("P09: over a million remembered", remembered(1_000_001), "1000000 remembered"),
        no(
            "P09: over a million lists",
            pickle().mark().times(1_000_001, "]").tuple(),
            "1000000 containers"),
        no("P09: 65 MB of strings", strings(65), "64000000 bytes of strings"));
  }

  private static PickleRow no(String name, PickleBytes pickle, String piece) {
    return refused(name, pickle.stop(), piece);
  }

  private static PickleBytes doubling(int levels) {
    var pickle = pickle().emptyList().none().ascii("a");
    for (int i = 0; i < levels; i++) {
      pickle.put(i).ascii("0]").mark().get(i).get(i).appends();
    }
    return pickle;
  }

  /** A chain of 150 that is known by the time it is met below another of 100. */
  private static PickleBytes twiceAsDeep() {
    return pickle()
        .mark()
        .emptyList()
        .none()
        .ascii("a")
        .times(149, "\u0085")
        .put(0)
        .get(0)
        .times(100, "\u0085")
        .tuple();
  }

  private static PickleBytes remembered(int count) {
    var pickle = pickle().none();
    for (int i = 0; i < count; i++) {
      pickle.put(i);
    }
    return pickle;
  }

  private static PickleBytes strings(int count) {
    var pickle = pickle();
    for (int i = 0; i < count; i++) {
      pickle.ascii("X").little4(1_000_000).times(1_000_000, "x").ascii("0");
    }
    return pickle.none();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"growing", "remembering", "budgets"})
  void readsAsPythonOrRefuses(PickleRow row) {
    row.check(Constructors.none());
  }

  @Test
  void containersAreTheSameOrDifferentNeverEqual() {
    var value = read(pickle().emptyList().put(0).get(0).emptyList().bytes(0x87).stop());
    var items = assertInstanceOf(PickleValue.Tuple.class, value).items();
    assertSame(items.get(0), items.get(1));
    assertNotEquals(items.get(0), items.get(2));
    assertInstanceOf(Sequence.class, items.get(0));
  }

  /** Strings of one hash cost no more than others: a map of them stays a tree by their order. */
  @Test
  void keysMadeToCollideAreReadAsFastAsOthers() {
    var pickle = pickle().emptyDict().mark();
    var keys = colliding(16);
    assertEquals(1, keys.stream().map(String::hashCode).distinct().count());
    keys.forEach(key -> pickle.text(key).none());
    var value = assertInstanceOf(Dictionary.class, read(pickle.setItems().stop()));
    assertEquals(1 << 16, value.entries().size());
  }

  /** All strings of {@code pairs} times "Aa" or "BB". */
  private static List<String> colliding(int pairs) {
    List<String> all = List.of("");
    for (int i = 0; i < pairs; i++) {
      var longer = new ArrayList<String>();
      all.forEach(start -> longer.addAll(List.of(start + "Aa", start + "BB")));
      all = longer;
    }
    return all;
  }

  private static PickleValue read(byte[] pickle) {
    return PickleMachine.read(
        new PickleReader(ByteSource.of(pickle), "x.pt", "", 0), Constructors.none());
  }
}
