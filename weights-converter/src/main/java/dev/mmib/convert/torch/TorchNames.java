package dev.mmib.convert.torch;

import static java.util.Map.entry;

import dev.mmib.convert.pickle.PickleValue.Global;
import dev.mmib.io.TensorType;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What names in PyTorch's modules stand for. */
final class TorchNames {

  private static final String WHOLE_MODULE =
      "A whole module was pickled, which needs its code: save state_dict() instead";

  private static final Map<String, TensorType> STORAGES =
      Map.of(
          "DoubleStorage", TensorType.F64,
          "FloatStorage", TensorType.F32,
          "HalfStorage", TensorType.F16,
          "BFloat16Storage", TensorType.BF16,
          "LongStorage", TensorType.I64,
          "IntStorage", TensorType.I32,
          "ShortStorage", TensorType.I16,
          "CharStorage", TensorType.I8,
          "ByteStorage", TensorType.U8,
          "BoolStorage", TensorType.BOOL);

  /** The bytes of any tensor, since the types that got no storage class of their own. */
  private static final Set<Global> UNTYPED =
      Set.of(
          new Global("torch", "UntypedStorage"),
          new Global("torch.storage", "UntypedStorage"),
          new Global("torch.storage", "_UntypedStorage"));

  private static final Map<String, TensorType> TYPES =
      Map.ofEntries(
          entry("float64", TensorType.F64),
          entry("float32", TensorType.F32),
          entry("float16", TensorType.F16),
          entry("bfloat16", TensorType.BF16),
          entry("int64", TensorType.I64),
          entry("int32", TensorType.I32),
          entry("int16", TensorType.I16),
          entry("int8", TensorType.I8),
          entry("uint8", TensorType.U8),
          entry("uint16", TensorType.U16),
          entry("uint32", TensorType.U32),
          entry("uint64", TensorType.U64),
          entry("bool", TensorType.BOOL),
          entry("float8_e5m2", TensorType.F8_E5M2),
          entry("float8_e4m3fn", TensorType.F8_E4M3));

  /** What PyTorch has and is not read here, by a part of its name. */
  private static final Map<String, String> UNSUPPORTED =
      Map.of(
          "sparse", "Sparse tensors are not read: save to_dense()",
          "qtensor", "Quantized tensors are not read: save dequantize()",
          "nested", "Nested tensors are not read: save them one by one",
          "meta_tensor", "Tensors on the meta device have no numbers",
          "subclass", "Tensors of own classes are not read: save plain ones",
          "Complex", "Complex numbers are not read: save view_as_real()",
          "QInt", "Quantized tensors are not read: save dequantize()",
          "QUInt", "Quantized tensors are not read: save dequantize()");

  private TorchNames() {}

  /** The element type of a storage class, or nothing if the name is not one. */
  static @Nullable TensorType storage(Global name) {
    if (UNTYPED.contains(name)) {
      return TensorType.U8;
    }
    return name.module().equals("torch") ? STORAGES.get(name.name()) : null;
  }

  /** The type behind a {@code torch.dtype}, or nothing if the name is not one read here. */
  static @Nullable TensorType type(Global name) {
    return name.module().equals("torch") ? TYPES.get(name.name()) : null;
  }

  /** What to do about a name that is not allowed. */
  static String hint(Global name) {
    if (name.module().startsWith("torch.nn.") || name.module().startsWith("torchvision.models")) {
      return WHOLE_MODULE;
    }
    if (name.module().equals("torch") || name.module().startsWith("torch.")) {
      for (var known : UNSUPPORTED.entrySet()) {
        if (name.name().contains(known.getKey())) {
          return known.getValue();
        }
      }
    }
    return "Nothing was called. Save state_dict(): tensors, containers, numbers, strings";
  }
}
