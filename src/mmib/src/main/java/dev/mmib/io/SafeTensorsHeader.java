package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a safetensors file says about itself: its tensors and its metadata.
 *
 * <p>Eight bytes of length (little-endian), so many bytes of JSON, then the data. Nothing is
 * believed before it was compared with the size of the file: offsets must cover the data from 0 to
 * its end without hole or overlap, and every tensor's bytes must be what its shape and type need.
 *
 * @param dataStart where the data begins in the file
 */
record SafeTensorsHeader(
    Map<String, TensorEntry> tensors, Map<String, String> metadata, long dataStart) {

  /** The longest header that is read, as in the reference implementation. */
  static final int LONGEST = 100_000_000;

  private static final Logger LOG = LoggerFactory.getLogger(SafeTensorsHeader.class);
  private static final String METADATA = "__metadata__";
  private static final String CURE = "The file is damaged or was not written as safetensors.";

  static SafeTensorsHeader read(StableFile stable) {
    var file = stable.path();
    long size = stable.size();
    if (size < 8) {
      throw refuseAt(file, "byte 0", "has " + size + " bytes, at least 8 are needed", CURE);
    }
    var eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    stable.read(0, eight);
    long length = eight.getLong(0);
    if (length < 0 || length > LONGEST || length > size - 8) {
      throw refuseAt(
          file,
          "byte 0",
          "header length "
              + Long.toUnsignedString(length)
              + " vs at most "
              + Math.min(size - 8, LONGEST),
          looksLike(eight.array(), file));
    }
    var json = ByteBuffer.allocate((int) length);
    stable.read(8, json);
    return new Reader(file, size - 8 - length).header(json.array(), 8 + length);
  }

  private static String looksLike(byte[] start, Path file) {
    var text = new String(start, StandardCharsets.ISO_8859_1);
    if (text.startsWith("PK\3\4") || text.startsWith("\u0080\2")) {
      return "It looks like a PyTorch file. " + ConvertHint.of(file, "OUT.safetensors");
    }
    if (text.startsWith("version ")) {
      return "It looks like a Git LFS pointer: fetch the real file.";
    }
    if (text.stripLeading().startsWith("<")) {
      return "It looks like a web page: download the file itself.";
    }
    return CURE;
  }

  private static MmibException refuseAt(Path file, String position, String what, String hint) {
    return MmibException.at(file.toString(), position, ErrorCode.SAFETENSORS, what, hint);
  }

  private record Reader(Path file, long dataBytes) {

    SafeTensorsHeader header(byte[] utf8, long dataStart) {
      var text = InputFile.decode(utf8, file.toString(), ErrorCode.SAFETENSORS);
      if (text.startsWith("\uFEFF")) {
        throw refuseAt(file, "byte 8", "the header begins with a byte order mark", CURE);
      }
      var root = Json.parse(text, file.toString(), ErrorCode.SAFETENSORS).asObject();
      var tensors = new LinkedHashMap<String, TensorEntry>();
      var metadata = new LinkedHashMap<String, String>();
      for (var member : root.members().entrySet()) {
        if (member.getKey().equals(METADATA)) {
          for (var pair : member.getValue().asObject().members().entrySet()) {
            metadata.put(pair.getKey(), pair.getValue().asString());
          }
        } else {
          tensors.put(member.getKey(), entry(member.getKey(), member.getValue()));
        }
      }
      requireContiguous(tensors.values());
      return new SafeTensorsHeader(
          Collections.unmodifiableMap(tensors), Collections.unmodifiableMap(metadata), dataStart);
    }

    private TensorEntry entry(String name, JsonValue value) {
      var entry = value.asObject();
      var type = TensorType.named(entry.string("dtype"));
      if (type == null) {
        throw refuse(name, "unknown dtype " + MmibException.quote(entry.string("dtype")));
      }
      var dims = new ArrayList<Long>();
      for (var dim : entry.array("shape")) {
        dims.add(count(name, dim));
      }
      var offsets = entry.array("data_offsets");
      if (offsets.size() != 2) {
        throw refuse(name, "data_offsets of " + offsets.size() + " numbers vs 2");
      }
      long begin = count(name, offsets.at(0));
      long end = count(name, offsets.at(1));
      if (begin > end || end > dataBytes) {
        throw refuse(
            name, "data_offsets [" + begin + ", " + end + "] vs " + dataBytes + " bytes of data");
      }
      requireBytes(name, type, dims, end - begin);
      for (var key : entry.keys()) {
        if (!key.equals("dtype") && !key.equals("shape") && !key.equals("data_offsets")) {
          LOG.debug("{}: {} ignored", MmibException.quote(name), MmibException.quote(key));
        }
      }
      return new TensorEntry(name, type, dims, begin, end);
    }

    /** A whole number from 0, written as digits alone. */
    private long count(String name, JsonValue value) {
      var literal = value.asNumberLiteral();
      boolean digits = literal.length() <= 19;
      for (int i = 0; digits && i < literal.length(); i++) {
        digits = literal.charAt(i) >= '0' && literal.charAt(i) <= '9';
      }
      if (!digits) {
        throw refuse(name, "number " + MmibException.quote(literal) + " vs a whole one from 0");
      }
      // With 19 digits it may be too large; there may be millions of the others.
      return literal.length() < 19 ? Long.parseLong(literal) : value.asLong();
    }

    private void requireBytes(String name, TensorType type, List<Long> dims, long bytes) {
      // Zeros are left out of the product so that its overflow does not depend on the order.
      boolean empty = false;
      long bits = type.bits();
      try {
        for (long dim : dims) {
          empty |= dim == 0;
          bits = Math.multiplyExact(bits, Math.max(dim, 1));
        }
      } catch (ArithmeticException e) {
        throw refuse(name, "shape " + dims + " has more elements than can be counted").causedBy(e);
      }
      if (bits % 8 != 0 || (empty ? 0 : bits / 8) != bytes) {
        throw refuse(
            name, "shape " + dims + " of " + type + " does not fit its " + bytes + " bytes");
      }
    }

    private void requireContiguous(Iterable<TensorEntry> tensors) {
      var sorted = new ArrayList<TensorEntry>();
      tensors.forEach(sorted::add);
      sorted.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
      long at = 0;
      for (var entry : sorted) {
        if (entry.begin() != at) {
          throw refuse(
              entry.name(),
              "data begins at "
                  + entry.begin()
                  + (entry.begin() < at ? ", inside another tensor" : ", after a hole")
                  + ", vs "
                  + at);
        }
        at = entry.end();
      }
      if (at != dataBytes) {
        throw refuseAt(
            file,
            "byte " + at + " of the data",
            (dataBytes - at) + " bytes after the last tensor",
            CURE);
      }
    }

    private MmibException refuse(String tensor, String what) {
      return refuseAt(file, "tensor " + MmibException.quote(tensor), what, CURE);
    }
  }
}
