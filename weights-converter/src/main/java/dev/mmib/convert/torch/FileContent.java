package dev.mmib.convert.torch;

import dev.mmib.error.MmibException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/** What a file of weights looks like by its first bytes; its name says nothing. */
public enum FileContent {
  TORCH_ZIP("a zip archive", "Convert it by `mmib convert`."),
  TORCH_STREAM("a PyTorch file of before version 1.6", "Convert it by `mmib convert`."),
  SAFETENSORS("safetensors, whatever its name", "Name it .safetensors and use it as it is."),
  EMPTY("empty", "Download or save it again."),
  LFS_POINTER("a Git LFS pointer", "Fetch the file it stands for: `git lfs pull`."),
  WEB_PAGE("a web page", "Download the file itself, not the page about it."),
  TAR(
      "a tar archive, as PyTorch wrote before version 0.1.10",
      "Load it in an old PyTorch and save it again by torch.save."),
  PICKLE("a pickle, but not one of torch.save", "Save it by torch.save(model.state_dict(), file)."),
  GZIP("compressed by gzip", "Uncompress it."),
  HDF5("HDF5, as of Keras", "Convert it to PyTorch or safetensors."),
  GGUF("GGUF, as of llama.cpp", "Convert it to PyTorch or safetensors."),
  NUMPY("a NumPy array", "Save a state_dict by torch.save."),
  ZIP_REMAINDER("an empty or spanned zip archive", "Download or save it again."),
  TEXT("text", "Name a file of weights."),
  UNKNOWN("nothing known", "Name a file that torch.save wrote; this one may be damaged.");

  /** How much of a file is looked at. */
  static final int HEAD = 1024;

  private static final int MOST_BLANKS = 64;

  /**
   * torch.save's magic number, 0x1950a86a20f9469cfc6c, as a pickle has it: little-endian or text.
   */
  private static final String MAGIC =
      "\u008a\n\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019.";

  private static final String MAGIC_TEXT = "L119547037146038801333356L\n.";

  private final String what;
  private final String cure;

  FileContent(String what, String cure) {
    this.what = what;
    this.cure = cure;
  }

  /** Looks into a regular file. */
  public static FileContent of(Path file) {
    try (var bytes = InputBytes.open(file)) {
      return of(bytes);
    }
  }

  static FileContent of(InputBytes bytes) {
    return of(bytes.upTo(HEAD, 0), bytes.size());
  }

  private static FileContent of(ByteBuffer head, long size) {
    if (size == 0) {
      return EMPTY;
    }
    var text = new String(head.array(), StandardCharsets.ISO_8859_1);
    if (text.startsWith("PK\3\4")) {
      return TORCH_ZIP;
    } else if (text.startsWith("PK\5\6") || text.startsWith("PK\7\10")) {
      return ZIP_REMAINDER;
    } else if (magicEnd(text) > 0) {
      return TORCH_STREAM;
    } else if (isSafetensors(head, text, size)) {
      // Asked before the rest: the length may begin with any byte, also with one of a pickle.
      return SAFETENSORS;
    } else if (isPickle(text)) {
      return PICKLE;
    } else if (text.startsWith("\u001f\u008b")) {
      return GZIP;
    } else if (text.startsWith("\u0089HDF\r\n")) {
      return HDF5;
    } else if (text.startsWith("GGUF")) {
      return GGUF;
    } else if (text.startsWith("\u0093NUMPY")) {
      return NUMPY;
    } else if (text.startsWith("ustar", 257)) {
      return TAR;
    }
    return ofText(text);
  }

  private static FileContent ofText(String text) {
    if (text.startsWith("version https://git-lfs")) {
      return LFS_POINTER;
    }
    var start = text.startsWith("\u00ef\u00bb\u00bf") ? text.substring(3) : text;
    start = start.stripLeading().toLowerCase(Locale.ROOT);
    if (start.startsWith("<!doctype") || start.startsWith("<html") || start.startsWith("<?xml")) {
      return WEB_PAGE;
    }
    boolean isText = text.chars().allMatch(c -> c >= ' ' || c == '\n' || c == '\r' || c == '\t');
    return isText ? TEXT : UNKNOWN;
  }

  /** Where the pickle of torch.save's magic number ends, 0 if the file begins otherwise. */
  static int magicEnd(ByteBuffer head) {
    return magicEnd(new String(head.array(), StandardCharsets.ISO_8859_1));
  }

  private static int magicEnd(String text) {
    if (text.startsWith("\u0080")) {
      // Protocols 2 and 3 have the number at once, later ones in a frame.
      for (int at : new int[] {2, 11}) {
        if (text.startsWith(MAGIC, at)) {
          return at + MAGIC.length();
        }
      }
      return 0;
    }
    return text.startsWith(MAGIC_TEXT) ? MAGIC_TEXT.length() : 0;
  }

  private static boolean isPickle(String text) {
    return text.length() >= 2 && text.charAt(0) == 0x80 && text.charAt(1) <= 5;
  }

  private static boolean isSafetensors(ByteBuffer head, String text, long size) {
    if (size < 10) {
      return false;
    }
    long length = head.getLong(0);
    int at = 8;
    while (at < Math.min(text.length(), 8 + MOST_BLANKS)
        && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return length > 0 && length <= size - 8 && at < text.length() && text.charAt(at) == '{';
  }

  /** The refusal of such a file by one who wants PyTorch's. */
  MmibException refused(InputBytes file) {
    return file.refused(this == UNKNOWN ? "is not a PyTorch file" : "is " + what, cure);
  }
}
