package dev.mmib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Int;
import dev.mmib.convert.pickle.PickleValue.None;
import dev.mmib.convert.pickle.PickleValue.Real;
import dev.mmib.convert.pickle.PickleValue.Sequence;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.convert.pickle.PickleValue.Tuple;
import dev.mmib.convert.torch.TorchStorage;
import dev.mmib.convert.torch.TorchTensor;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.TensorType;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which tensors of a checkpoint are taken, under which names, and what is refused. */
class StateDictTest {

  private static final TorchTensor A = tensor("0");
  private static final TorchTensor B = tensor("1");

  private static TorchTensor tensor(String key) {
    var storage =
        new TorchStorage() {
          @Override
          public String key() {
            return key;
          }

          @Override
          public TensorType type() {
            return TensorType.F32;
          }

          @Override
          public long size() {
            return 1;
          }

          @Override
          public void read(long at, ByteBuffer to) {
            to.putFloat(1);
          }
        };
    return new TorchTensor(storage, 0, List.of(1L), List.of(1L));
  }

  /** One dictionary under two names, as an average of models that starts as the model. */
  @Test
  void findsWhatHasTwoNamesUnderEither() {
    var shared = dict("w", A);
    var root = dict("model", shared, "ema", dict("state_dict", shared), "a/b", dict("v", B));
    for (var key : List.of("model", "ema/state_dict", "ema/state_dict/")) {
      assertEquals(List.of("w"), List.copyOf(StateDict.of(root, "f", key).tensors().keySet()));
    }
    assertEquals(List.of("v"), List.copyOf(StateDict.of(root, "f", "a/b").tensors().keySet()));
    for (var key : List.of("ema", "model/w", "mod", "a", "", "/")) {
      assertThrows(MmibException.class, () -> StateDict.of(root, "f", key), key);
    }
  }

  private static Text text(String value) {
    return new Text(value);
  }

  private static Dictionary dict(Object... keysAndValues) {
    var dictionary = new Dictionary();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      var key =
          keysAndValues[i] instanceof String name ? text(name) : (PickleValue) keysAndValues[i];
      dictionary.entries().put(key, (PickleValue) keysAndValues[i + 1]);
    }
    return dictionary;
  }

  private static Sequence list(PickleValue... items) {
    var sequence = new Sequence();
    sequence.items().addAll(List.of(items));
    return sequence;
  }

  static Stream<Arguments> accepted() {
    var optimizer =
        dict("state", dict(Int.of(0), dict("exp_avg", A)), "param_groups", list(dict("lr", A)));
    return Stream.of(
        row("a state_dict", dict("w", A, "b", B), "[w, b]", ""),
        row(
            "P24a: model beside optimizer",
            dict("model", dict("w", A), "optimizer", optimizer),
            "[w]",
            "those of 'model'; left out: 'optimizer'"),
        row(
            "P24a: state_dict",
            dict("epoch", Int.of(3), "state_dict", dict("w", A)),
            "[w]",
            "those of 'state_dict'; left out: 'epoch'"),
        row(
            "P24a: model_state_dict",
            dict("model_state_dict", dict("w", A)),
            "[w]",
            "those of 'model_state_dict'"),
        row(
            "P24a: an unusual name, but the only one",
            dict("encoder", dict("w", A)),
            "[w]",
            "those of 'encoder'"),
        row(
            "P24a: a usual name beside another",
            dict("ema", dict("w", B), "model", dict("w", A)),
            "[w]",
            "left out: 'ema'"),
        row(
            "P24a: the nearer of two usual names",
            dict("state_dict", dict("w", A), "best", dict("model", dict("w", B))),
            "[w]",
            "those of 'state_dict'"),
        row(
            "P24a: two deep",
            dict("checkpoint", dict("state_dict", dict("w", A))),
            "[w]",
            "those of 'checkpoint/state_dict'"),
        row(
            "P24a: a loss beside the model",
            dict("loss", B, "model", dict("w", A)),
            "[w]",
            "left out: 'loss'"),
        row(
            "P25a: module.",
            dict("module.w", A, "module.module.b", B),
            "[w, module.b]",
            "taken off every name"),
        row(
            "P25b: module. beside a counter",
            dict("n_averaged", A, "module.w", B),
            "[n_averaged, w]",
            "taken off every name"),
        row(
            "P25g: a submodule that is called module",
            dict("module.w", A, "encoder.w", B),
            "[module.w, encoder.w]",
            ""),
        row(
            "P24a: a loss beside model_state",
            dict("model_state", dict("w", A), "loss", B),
            "[w]",
            "left out: 'loss'"),
        row(
            "P23: harmless values",
            dict(
                "w",
                A,
                "version",
                Int.of(2),
                "none",
                None.NONE,
                "note",
                text("x"),
                "sizes",
                new Tuple(List.of(Int.of(1))),
                "rate",
                new Real(0.5)),
            "[w]",
            "5 entries that are no tensors left out: 'version', 'none', 'note'"));
  }

  private static Arguments row(String name, PickleValue root, String names, String note) {
    return Arguments.of(name, root, names, note);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("accepted")
  void takes(String name, PickleValue root, String names, String note) {
    var dict = StateDict.of(root, "x.pt", null);
    assertEquals(names, dict.tensors().keySet().toString());
    assertTrue(String.join("; ", dict.notes()).contains(note), dict.notes().toString());
    assertEquals(note.isEmpty(), dict.notes().isEmpty());
    if (dict.tensors().containsKey("w") && !names.startsWith("[n_")) {
      assertSame(A, dict.tensors().get("w"));
    }
  }

  static Stream<Arguments> refused() {
    var cyclic = dict("x", None.NONE);
    cyclic.entries().put(text("self"), cyclic);
    var two = dict("first", dict("w", A), "second", dict("w", B));
    return Stream.of(
        bad("P24b: a list", list(A, B), null, "it is list of 2"),
        bad("P24c: a bare tensor", A, null, "it is a tensor [1]"),
        bad("P24d: texts", dict(Int.of(0), list(text("a.jpg"))), null, "its keys are '0'"),
        bad("P24e: None", None.NONE, null, "it is None"),
        bad("P24f: nothing", dict(), null, "its keys are none"),
        bad("P24g: several state_dicts", two, null, "under 'first', 'second'; its keys are"),
        bad(
            "P24h: two usual names",
            dict("model", dict("w", A), "net", dict("w", B)),
            null,
            "under 'model', 'net'"),
        bad("P24i: a key that is not there", two, "third", "no tensors under 'third'"),
        bad(
            "P24j: tensors beside a dict of tensors",
            dict("x", A, "y", dict("nested", B)),
            null,
            "under '/', 'y'"),
        bad("P25c: a number as key", dict("w", A, Int.of(7), B), null, "'7' is int, not a string"),
        bad(
            "P25d: equal without the prefix",
            dict("n_averaged", A, "module.n_averaged", B),
            null,
            "two tensors are 'n_averaged'"),
        bad(
            "P24k: tensors in a list",
            dict("w", A, "more", list(B)),
            null,
            "'more' is list of 1 that holds tensors"),
        bad("P25e: the name of the metadata", dict("__metadata__", A), null, "__metadata__"),
        bad(
            "P25f: a name of 70,000 characters",
            dict("x".repeat(70_000), A),
            null,
            "70000 characters"),
        bad("P07: itself inside", cyclic, null, "its keys are 'x', 'self'"));
  }

  private static Arguments bad(
      String name, PickleValue root, @Nullable String key, String message) {
    return Arguments.of(name, root, key, message);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refuses(String name, PickleValue root, @Nullable String key, String message) {
    var e = assertThrows(MmibException.class, () -> StateDict.of(root, "x.pt", key));
    assertEquals(ErrorCode.PICKLE, e.code());
    assertEquals("x.pt", e.file());
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  @Test
  void takesWhatIsAskedFor() {
    var two = dict("first", dict("w", B), "second", dict("inner", dict("w", A)));
    assertSame(A, StateDict.of(two, "x.pt", "second/inner").tensors().get("w"));
  }

  @Test
  void tellsOfEscapesOnly() {
    var dict = StateDict.of(dict("w", A, "\u001b[31m\u202e", None.NONE), "x.pt", null);
    assertEquals(
        List.of("1 entries that are no tensors left out: '\\u001b[31m\\u202e'"), dict.notes());
  }

  @Test
  void listsTensorsAndValuesOfAnything() {
    var listing =
        Listing.of(
            dict("epoch", Int.of(3), "model", dict("w", A), "more", list(B, text("t"))), "x.pt");
    assertEquals("[model/w, more/0]", listing.tensors().keySet().toString());
    assertEquals("{epoch=3, more/1='t'}", listing.values().toString());
    assertSame(A, Listing.of(A, "x.pt").tensors().get(""));
  }

  @Test
  void listsWhatIsDeepDoubledOrNamedAlike() {
    PickleValue deep = dict("w", A);
    for (int i = 0; i < 150; i++) {
      deep = dict("d", deep);
    }
    assertEquals(1, Listing.of(deep, "x.pt").tensors().size());
    var shared = dict("w", A);
    var alike = dict(Int.of(0), shared, "0", shared, "0/w", B);
    assertEquals(
        "[0/w, 0/w (2), 0/w (3)]", Listing.of(alike, "x.pt").tensors().keySet().toString());
  }

  @Test
  void boundsTheNamesThatItLists() {
    PickleValue deep = list(A, A, A, A, A, A, A, A);
    for (int i = 0; i < 150; i++) {
      deep = dict("x".repeat(100_000), deep);
    }
    var root = deep;
    var e = assertThrows(MmibException.class, () -> Listing.of(root, "x.pt"));
    assertEquals(ErrorCode.PICKLE, e.code());
  }

  @Test
  void takesTheTopThatIsAskedFor() {
    assertSame(A, StateDict.of(dict("w", A), "x.pt", "/").tensors().get("w"));
  }
}
