package dev.mmib.golden;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor of the ONNX vectors.
 *
 * @param type the name of its element type
 * @param floats the elements of a FLOAT tensor, else empty
 * @param wholes the elements of a tensor of whole numbers or booleans, else empty
 */
record OnnxTensor(String type, int[] dims, float[] floats, long[] wholes) {

  private static final String[] TYPES = {
    "UNDEFINED",
    "FLOAT",
    "UINT8",
    "INT8",
    "UINT16",
    "INT16",
    "INT32",
    "INT64",
    "STRING",
    "BOOL",
    "FLOAT16",
    "DOUBLE",
    "UINT32",
    "UINT64",
    "COMPLEX64",
    "COMPLEX128",
    "BFLOAT16"
  };

  static OnnxTensor of(TensorProto proto) {
    int number = proto.getDataType();
    var type = number < TYPES.length ? TYPES[number] : "TYPE" + number;
    var dims = proto.getDimsList().stream().mapToInt(Math::toIntExact).toArray();
    var raw = ByteBuffer.wrap(proto.getRawData().toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    int size = 1;
    for (int d : dims) {
      size *= d;
    }
    var floats = new float[type.equals("FLOAT") ? size : 0];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = raw.hasRemaining() ? raw.getFloat() : proto.getFloatData(i);
    }
    int width = width(type);
    var wholes = new long[width > 0 ? size : 0];
    for (int i = 0; i < wholes.length; i++) {
      wholes[i] =
          raw.hasRemaining()
              ? whole(raw, type)
              : width == 8 ? proto.getInt64Data(i) : proto.getInt32Data(i);
    }
    return new OnnxTensor(type, dims, floats, wholes);
  }

  private static int width(String type) {
    return switch (type) {
      case "UINT8", "INT8", "BOOL" -> 1;
      case "INT16" -> 2;
      case "INT32" -> 4;
      case "INT64" -> 8;
      default -> 0;
    };
  }

  private static long whole(ByteBuffer raw, String type) {
    return switch (type) {
      case "UINT8", "BOOL" -> raw.get() & 0xFF;
      case "INT8" -> raw.get();
      case "INT16" -> raw.getShort();
      case "INT32" -> raw.getInt();
      default -> raw.getLong();
    };
  }

  int rank() {
    return dims.length;
  }

  boolean isEmpty() {
    for (int d : dims) {
      if (d == 0) {
        return true;
      }
    }
    return false;
  }

  int[] ints() {
    var ints = new int[wholes.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, wholes[i]));
    }
    return ints;
  }
}
