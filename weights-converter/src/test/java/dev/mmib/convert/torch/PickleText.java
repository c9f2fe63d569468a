package dev.mmib.convert.torch;

import dev.mmib.io.TensorType;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A pickle of protocol 2 in the making, written as torch.save does. */
final class PickleText {

  private static final byte MARK = '(';
  private static final byte TUPLE = 't';
  private static final byte REDUCE = 'R';
  private static final byte[] TO_STOP = {'.'};

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final List<SavedValue.Storage> storages = new ArrayList<>();
  private final boolean legacy;

  /** With {@code legacy}, storages are named as in the stream format and take a sixth element. */
  PickleText(boolean legacy) {
    this.legacy = legacy;
    out.write(0x80);
    out.write(2);
  }

  /** Every storage met, in the order of {@link #key}. */
  List<SavedValue.Storage> storages() {
    return storages;
  }

  /** The name of storage number {@code index}; names sort as their numbers do. */
  String key(int index) {
    return legacy ? Long.toString(94_000_000_000_000L + 64L * index) : Integer.toString(index);
  }

  byte[] toBytes() {
    out.writeBytes(TO_STOP);
    return out.toByteArray();
  }

  PickleText magic() {
    out.write(0x8a);
    out.write(10);
    var bigEndian = new BigInteger("1950a86a20f9469cfc6c", 16).toByteArray();
    for (int i = bigEndian.length - 1; i >= 0; i--) {
      out.write(bigEndian[i]);
    }
    return this;
  }

  PickleText value(SavedValue value) {
    if (value instanceof SavedValue.Dict dict) {
      out.write('}');
      entries(dict.entries());
    } else if (value instanceof SavedValue.Ordered dict) {
      emptyOrdered();
      entries(dict.entries());
    } else if (value instanceof SavedValue.Items list) {
      out.write(']');
      out.write(MARK);
      list.items().forEach(this::value);
      out.write('e');
    } else if (value instanceof SavedValue.Tuple tuple) {
      out.write(MARK);
      tuple.items().forEach(this::value);
      out.write(TUPLE);
    } else if (value instanceof SavedValue.Text text) {
      text(text.value());
    } else if (value instanceof SavedValue.Whole whole) {
      whole(whole.value());
    } else if (value instanceof SavedValue.Real real) {
      out.write('G');
      out.writeBytes(ByteBuffer.allocate(8).putDouble(real.value()).array());
    } else if (value instanceof SavedValue.Constant constant) {
      out.write(
          switch (constant) {
            case TRUE -> 0x88;
            case FALSE -> 0x89;
            case NONE -> 'N';
          });
    } else if (value instanceof SavedValue.Tensor tensor) {
      tensor(tensor);
    } else if (value instanceof SavedValue.Parameter parameter) {
      global("torch._utils", "_rebuild_parameter");
      out.write(MARK);
      tensor(parameter.data());
      out.write(0x88);
      emptyOrdered();
      out.write(TUPLE);
      out.write(REDUCE);
    }
    return this;
  }

  private void entries(Map<?, SavedValue> entries) {
    out.write(MARK);
    entries.forEach(
        (key, value) -> {
          if (key instanceof Number number) {
            whole(number.longValue());
          } else {
            text(key.toString());
          }
          value(value);
        });
    out.write('u');
  }

  private void tensor(SavedValue.Tensor tensor) {
    global("torch._utils", "_rebuild_tensor_v2");
    out.write(MARK);
    storage(tensor.storage());
    whole(tensor.offset());
    wholes(tensor.dims());
    wholes(tensor.strides());
    out.write(0x89);
    emptyOrdered();
    out.write(TUPLE);
    out.write(REDUCE);
  }

  private void storage(SavedValue.Storage storage) {
    int index = storages.indexOf(storage);
    if (index < 0) {
      index = storages.size();
      storages.add(storage);
    }
    out.write(MARK);
    text("storage");
    global("torch", storageClass(storage.type()));
    text(key(index));
    text("cpu");
    whole(storage.size());
    if (legacy) {
      out.write('N');
    }
    out.write(TUPLE);
    out.write('Q');
  }

  private void emptyOrdered() {
    global("collections", "OrderedDict");
    out.write(')');
    out.write(REDUCE);
  }

  private void wholes(List<Long> values) {
    out.write(MARK);
    values.forEach(this::whole);
    out.write(TUPLE);
  }

  private void global(String module, String name) {
    out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private void text(String text) {
    var utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.write('X');
    out.writeBytes(littleEndian(4).putInt(utf8.length).array());
    out.writeBytes(utf8);
  }

  private void whole(long value) {
    if (value == (int) value) {
      out.write('J');
      out.writeBytes(littleEndian(4).putInt((int) value).array());
    } else {
      out.write(0x8a);
      out.write(8);
      out.writeBytes(littleEndian(8).putLong(value).array());
    }
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static String storageClass(TensorType type) {
    return switch (type) {
      case F32 -> "FloatStorage";
      case F64 -> "DoubleStorage";
      case F16 -> "HalfStorage";
      case BF16 -> "BFloat16Storage";
      case I64 -> "LongStorage";
      case I32 -> "IntStorage";
      case I16 -> "ShortStorage";
      case I8 -> "CharStorage";
      case U8 -> "ByteStorage";
      case BOOL -> "BoolStorage";
      default -> throw new IllegalArgumentException("torch.save: no storage of " + type);
    };
  }
}
