package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import dev.mmib.io.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a pickle stands for, as tensors by path and as the JSON of everything else. */
record Flattened(Map<String, TorchTensor> tensors, @Nullable Object plain) {

  static Flattened of(PickleValue root) {
    var tensors = new LinkedHashMap<String, TorchTensor>();
    var plain = plain(root, "", tensors);
    return new Flattened(tensors, plain);
  }

  /** Java's view of a value: maps by text, lists, texts, longs, doubles; nothing for a tensor. */
  private static @Nullable Object plain(
      PickleValue value, String path, Map<String, TorchTensor> tensors) {
    if (value instanceof TorchTensor tensor) {
      tensors.put(path, tensor);
      return null;
    } else if (value instanceof PickleValue.Dictionary dictionary) {
      var members = new TreeMap<String, Object>();
      dictionary
          .entries()
          .forEach(
              (key, item) -> {
                var name = key instanceof PickleValue.Text t ? t.value() : key(key);
                var plain = plain(item, path.isEmpty() ? name : path + "/" + name, tensors);
                if (plain != null) {
                  members.put(name, plain);
                }
              });
      return members;
    } else if (value instanceof PickleValue.Sequence list) {
      return items(list.items(), path, tensors);
    } else if (value instanceof PickleValue.Tuple tuple) {
      return items(tuple.items(), path, tensors);
    } else if (value instanceof PickleValue.Text text) {
      return text.value();
    } else if (value instanceof PickleValue.Bool bool) {
      return bool.value();
    } else if (value instanceof PickleValue.Real real) {
      return real.value();
    } else if (value == PickleValue.None.NONE) {
      return "None";
    }
    return other(value);
  }

  private static List<Object> items(
      List<PickleValue> values, String path, Map<String, TorchTensor> tensors) {
    var items = new ArrayList<Object>();
    for (int i = 0; i < values.size(); i++) {
      var plain = plain(values.get(i), path.isEmpty() ? "" + i : path + "/" + i, tensors);
      if (plain != null) {
        items.add(plain);
      }
    }
    return items;
  }

  private static String key(PickleValue key) {
    return key instanceof PickleValue.Int number ? number.value().toString() : key.toString();
  }

  private static Object other(PickleValue value) {
    if (value instanceof PickleValue.Int number) {
      var whole = number.value();
      return whole.bitLength() < 64 ? (Object) (double) whole.longValue() : whole.toString();
    }
    return value.toString();
  }

  /** The same view of JSON. */
  static Object plain(JsonValue value) {
    if (value instanceof JsonObject object) {
      var members = new TreeMap<String, Object>();
      object.members().forEach((name, item) -> members.put(name, plain(item)));
      return members;
    } else if (value instanceof JsonArray array) {
      return array.items().stream().map(Flattened::plain).toList();
    } else if (value.isNull()) {
      return "None";
    }
    var text = value.toString();
    if (text.startsWith("\"")) {
      return value.asString();
    }
    return text.equals("true") || text.equals("false")
        ? (Object) value.asBoolean()
        : (Object) value.asDouble();
  }

  /** A tensor's bytes, asked for in runs of {@code run} elements. */
  static byte[] bytes(TensorSource source, int run) {
    int width = source.type().bits() / 8;
    int size = Math.toIntExact(source.dims().stream().reduce(1L, Math::multiplyExact));
    var bytes = new byte[size * width];
    for (int at = 0; at < size; at += run) {
      int count = Math.min(run, size - at);
      var to = ByteBuffer.wrap(bytes, at * width, count * width).slice();
      source.content().put(at, to.order(ByteOrder.LITTLE_ENDIAN));
    }
    return bytes;
  }
}
