package dev.mmib.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes safetensors as the reference implementation does: wide types first, then by the UTF-8
 * bytes of the names; a compact header padded by spaces to a multiple of eight.
 */
final class SafeTensorsWriter {

  private static final int RUN_BYTES = 1 << 19;

  private static final Comparator<String> BY_UTF8 =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  private record Named(String name, TensorSource source, long size) {

    long bytes() {
      return Math.multiplyExact(size, source.type().bits() / 8);
    }
  }

  private SafeTensorsWriter() {}

  static AtomicFile.Content content(
      Map<String, TensorSource> tensors, Map<String, String> metadata) {
    var ordered = ordered(tensors);
    var header = header(ordered, metadata).getBytes(StandardCharsets.UTF_8);
    int padded = (header.length + 7) / 8 * 8;
    if (padded > SafeTensorsHeader.LONGEST) {
      throw new IllegalArgumentException(
          "safetensors: header of "
              + padded
              + " bytes vs at most "
              + SafeTensorsHeader.LONGEST
              + ": write several files");
    }
    return channel -> {
      var start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
      start.putLong(padded).put(header);
      while (start.hasRemaining()) {
        start.put((byte) ' ');
      }
      AtomicFile.writeFully(channel, start.flip());
      // Outside of the heap, as files are read and written: those that copy need no detour.
      var run = ByteBuffer.allocateDirect(RUN_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (var tensor : ordered) {
        writeData(channel, tensor, run);
      }
    };
  }

  private static List<Named> ordered(Map<String, TensorSource> tensors) {
    var ordered = new ArrayList<Named>();
    tensors.forEach(
        (name, source) -> {
          if (name.equals("__metadata__") || source.type().bits() % 8 != 0) {
            throw new IllegalArgumentException(
                "safetensors: tensor '" + name + "' of " + source.type() + " cannot be written");
          }
          long size = 1;
          for (long dim : source.dims()) {
            size = Math.multiplyExact(size, dim);
          }
          ordered.add(new Named(name, source, size));
        });
    ordered.sort(
        Comparator.comparing((Named t) -> t.source().type())
            .reversed()
            .thenComparing(Named::name, BY_UTF8));
    return ordered;
  }

  private static String header(List<Named> tensors, Map<String, String> metadata) {
    var root = new JsonObject();
    if (!metadata.isEmpty()) {
      var strings = new JsonObject();
      var sorted = new TreeMap<String, String>(BY_UTF8);
      sorted.putAll(metadata);
      sorted.forEach(strings::put);
      root.put("__metadata__", strings);
    }
    long at = 0;
    for (var tensor : tensors) {
      var shape = new JsonArray();
      tensor.source().dims().forEach(shape::add);
      long end = Math.addExact(at, tensor.bytes());
      root.put(
          tensor.name(),
          new JsonObject()
              .put("dtype", tensor.source().type().name())
              .put("shape", shape)
              .put("data_offsets", new JsonArray().add(at).add(end)));
      at = end;
    }
    return Json.write(root);
  }

  private static void writeData(WritableByteChannel channel, Named tensor, ByteBuffer run)
      throws IOException {
    int width = tensor.source().type().bits() / 8;
    int most = RUN_BYTES / width;
    for (long at = 0; at < tensor.size(); at += most) {
      int count = (int) Math.min(most, tensor.size() - at);
      run.clear().limit(count * width);
      tensor.source().content().put(at, run.duplicate().order(ByteOrder.LITTLE_ENDIAN));
      AtomicFile.writeFully(channel, run);
    }
  }
}
