package dev.mmib.image;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;

/** The bytes of one picture: bounded reads, and the errors that name file and byte. */
record ImageBytes(byte[] bytes, String name, ImageDecoder.Options options) {

  int size() {
    return bytes.length;
  }

  int u8(int at) {
    need(at, 1);
    return bytes[at] & 0xFF;
  }

  int u16(int at) {
    need(at, 2);
    return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
  }

  long u32(int at) {
    return (long) u16(at) << 16 | u16(at + 2);
  }

  int u16Little(int at) {
    need(at, 2);
    return bytes[at] & 0xFF | (bytes[at + 1] & 0xFF) << 8;
  }

  int u24Little(int at) {
    return u16Little(at) | u8(at + 2) << 16;
  }

  long u32Little(int at) {
    return u16Little(at) | (long) u16Little(at + 2) << 16;
  }

  /** Four bytes as text, such as the name of a chunk. */
  String fourCharacters(int at) {
    need(at, 4);
    var out = new StringBuilder(4);
    for (int i = 0; i < 4; i++) {
      out.append((char) (bytes[at + i] & 0xFF));
    }
    return out.toString();
  }

  boolean startsWith(String latin1) {
    return has(0, latin1);
  }

  boolean has(int at, String latin1) {
    if (at + latin1.length() > bytes.length) {
      return false;
    }
    for (int i = 0; i < latin1.length(); i++) {
      if ((bytes[at + i] & 0xFF) != latin1.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  void need(int at, long count) {
    if (at < 0 || at + count > bytes.length) {
      throw truncated("byte " + at);
    }
  }

  /** Checked before anything of that size is allocated. */
  void checkPixels(long width, long height) {
    if (width < 1 || height < 1) {
      throw broken(-1, "the header says " + width + " × " + height + " pixels");
    }
    if (width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
      throw broken(-1, "the header says " + width + " × " + height + " pixels");
    }
    if (width * height > options.maxPixels()) {
      throw MmibException.in(
          name,
          ErrorCode.IMAGE_TOO_LARGE,
          String.format(
              "the header says %d × %d pixels, the limit is %d",
              width, height, options.maxPixels()),
          "Make the picture smaller or raise the pixel limit");
    }
  }

  MmibException truncated(String position) {
    return MmibException.at(
        name,
        position,
        ErrorCode.IMAGE,
        "the picture ends too early, after " + bytes.length + " bytes",
        "Fetch the file again");
  }

  MmibException broken(int at, String what) {
    String hint = "Convert the picture to a plain PNG or JPEG, or fetch it again";
    return at < 0
        ? MmibException.in(name, ErrorCode.IMAGE, what, hint)
        : MmibException.at(name, "byte " + at, ErrorCode.IMAGE, what, hint);
  }

  MmibException unsupported(String what) {
    return MmibException.in(
        name,
        ErrorCode.IMAGE_UNSUPPORTED,
        what + " is not supported",
        "Convert the picture to PNG, JPEG, GIF, BMP or WebP");
  }
}
