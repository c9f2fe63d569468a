package dev.mmib.image;

import java.io.ByteArrayOutputStream;

/**
 * The marker segments of a JPEG, checked and stripped of everything that is not picture.
 *
 * <p>Comments, profiles, EXIF and thumbnails are dropped here, so that no decoder has to trust
 * them; what stays is tables, frame, scans.
 */
final class JpegMarkers {

  /** Ten suffice for any encoder; each costs a pass over the picture. */
  private static final int MOST_SCANS = 64;

  private static final int SOI = 0xD8;
  private static final int EOI = 0xD9;
  private static final int SOS = 0xDA;
  private static final int DQT = 0xDB;
  private static final int DHT = 0xC4;
  private static final int DRI = 0xDD;

  private final ImageBytes in;
  private final ByteArrayOutputStream stripped = new ByteArrayOutputStream();
  private final boolean[] huffman = new boolean[8]; // DC tables 0 to 3, AC tables 4 to 7
  private final boolean[] quantization = new boolean[4];
  private int frame = -1; // where the frame header starts
  private boolean progressive;
  private int scans;
  private boolean jfif;
  private int adobeTransform = -1;
  private boolean multiPicture;
  private int end;

  JpegMarkers(ImageBytes in) {
    this.in = in;
    stripped.write(0xFF);
    stripped.write(SOI);
    int at = 2;
    while (at >= 0) {
      at = readSegment(at);
    }
    if (frame < 0 || scans == 0) {
      throw in.broken(-1, "there is no picture between the start and end of this JPEG");
    }
    checkSecondPicture();
    stripped.write(0xFF);
    stripped.write(EOI);
  }

  /** Tables, frame and scans alone. */
  byte[] stripped() {
    return stripped.toByteArray();
  }

  int width() {
    return in.u16(frame + 7);
  }

  int height() {
    return in.u16(frame + 5);
  }

  int components() {
    return in.u8(frame + 9);
  }

  /** Whether the samples are luma and chroma, by the rules of libjpeg. */
  boolean isYcc() {
    if (components() == 4) {
      return adobeTransform == 2;
    }
    if (jfif) {
      return true;
    }
    if (adobeTransform >= 0) {
      return adobeTransform != 0;
    }
    return !(componentId(0) == 'R' && componentId(1) == 'G' && componentId(2) == 'B');
  }

  private int componentId(int i) {
    return in.u8(frame + 10 + 3 * i);
  }

  /** Reads the segment at a place; the next place, or -1 after the end. */
  private int readSegment(int at) {
    if (in.options().acceptTruncated() && at + 4 > in.size() && scans > 0) {
      return -1;
    }
    if (in.u8(at) != 0xFF) {
      throw in.broken(at, "a marker is missing");
    }
    int marker = in.u8(at + 1);
    if (marker == 0xFF) {
      return at + 1;
    } else if (marker == EOI) {
      end = at + 2;
      return -1;
    } else if (marker == SOI || marker <= 0x01 || marker >= 0xD0 && marker <= 0xD7) {
      throw in.broken(at, String.format("marker 0x%02X is out of place", marker));
    }
    int length = in.u16(at + 2);
    if (length < 2) {
      throw in.broken(at, "a segment of " + length + " bytes");
    }
    in.need(at, 2L + length);
    int next = at + 2 + length;
    readKnown(marker, at, length);
    return marker == SOS ? copyScan(at, next) : next;
  }

  private void readKnown(int marker, int at, int length) {
    switch (marker) {
      case 0xC0, 0xC1, 0xC2 -> readFrame(marker, at, length);
      case 0xC3 -> throw in.unsupported("lossless JPEG");
      case 0xC5, 0xC6, 0xC7 -> throw in.unsupported("hierarchical JPEG");
      case 0xC8, 0xC9, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF ->
          throw in.unsupported("JPEG with arithmetic coding");
      case 0xF7 -> throw in.unsupported("JPEG-LS");
      case DHT -> readHuffman(at, length);
      case DQT -> readQuantization(at, length);
      case DRI -> copy(at, length + 2);
      case SOS -> checkScan(at, length);
      case 0xE0 -> jfif |= length >= 16 && in.has(at + 4, "JFIF\0");
      case 0xE2 -> multiPicture |= in.has(at + 4, "MPF\0");
      case 0xEE -> {
        if (length >= 14 && in.has(at + 4, "Adobe")) {
          adobeTransform = in.u8(at + 15);
        }
      }
      default -> {}
    }
  }

  private void copy(int from, int length) {
    stripped.write(in.bytes(), from, length);
  }

  private void readFrame(int marker, int at, int length) {
    if (frame >= 0) {
      throw in.broken(at, "there is a second frame");
    }
    if (length < 8 || length != 8 + 3 * in.u8(at + 9)) {
      throw in.broken(at, "the frame header has " + length + " bytes");
    }
    if (in.u8(at + 4) != 8) {
      throw in.unsupported("JPEG of " + in.u8(at + 4) + " bits a sample");
    }
    frame = at;
    progressive = marker == 0xC2;
    in.checkPixels(width(), height());
    if (components() != 1 && components() != 3 && components() != 4) {
      throw in.unsupported("JPEG of " + components() + " components");
    }
    for (int i = 0; i < components(); i++) {
      int sampling = in.u8(at + 11 + 3 * i);
      int table = in.u8(at + 12 + 3 * i);
      if (sampling >> 4 < 1 || sampling >> 4 > 4 || (sampling & 15) < 1 || (sampling & 15) > 4) {
        throw in.broken(at, "the sampling factors are out of range");
      }
      if (table > 3) {
        throw in.broken(at, "quantization table " + table + " of 0 to 3");
      }
    }
    copy(at, length + 2);
  }

  private void readHuffman(int at, int length) {
    int from = at + 4;
    int to = at + 2 + length;
    while (from < to) {
      int id = in.u8(from);
      int symbols = 0;
      for (int i = 1; i <= 16 && from + i < to; i++) {
        symbols += in.u8(from + i);
      }
      from += 17 + symbols;
      if (from > to || symbols > 256 || (id & 0xEC) != 0) {
        throw in.broken(at, "the Huffman table is damaged");
      }
      huffman[(id >> 4) * 4 + (id & 3)] = true;
    }
    copy(at, length + 2);
  }

  private void readQuantization(int at, int length) {
    int from = at + 4;
    int to = at + 2 + length;
    while (from < to) {
      int id = in.u8(from);
      from += (id >> 4) == 0 ? 65 : 129;
      if (from > to || id >> 4 > 1 || (id & 15) > 3) {
        throw in.broken(at, "the quantization table is damaged");
      }
      quantization[id & 3] = true;
    }
    copy(at, length + 2);
  }

  private void checkScan(int at, int length) {
    int count = in.u8(at + 4);
    if (frame < 0 || count < 1 || count > 4 || length != 6 + 2 * count) {
      throw in.broken(at, "the scan header is damaged or comes before the frame");
    }
    if (++scans > MOST_SCANS) {
      throw in.broken(at, "there are more than " + MOST_SCANS + " scans");
    }
    int first = in.u8(at + 5 + 2 * count);
    int last = in.u8(at + 6 + 2 * count);
    boolean refinement = in.u8(at + 7 + 2 * count) >> 4 != 0;
    for (int i = 0; i < count; i++) {
      int tables = in.u8(at + 6 + 2 * i);
      if ((tables & 0xCC) != 0) {
        throw in.broken(at, "the scan names Huffman tables that cannot exist");
      }
      boolean dc = first == 0 && !refinement;
      boolean ac = !progressive || last > 0;
      if (dc && !huffman[tables >> 4] || ac && !huffman[4 + (tables & 3)]) {
        throw in.broken(at, "a Huffman table is missing");
      }
    }
    for (int i = 0; i < components(); i++) {
      if (!quantization[in.u8(frame + 12 + 3 * i)]) {
        throw in.broken(at, "a quantization table is missing");
      }
    }
    copy(at, length + 2);
  }

  /** Copies compressed data up to the next marker that is neither a stuffed zero nor a restart. */
  private int copyScan(int header, int from) {
    int at = from;
    while (true) {
      if (at + 1 >= in.size()) {
        if (!in.options().acceptTruncated()) {
          throw in.truncated("the scan at byte " + header);
        }
        copy(from, in.size() - from);
        return in.size();
      }
      int next = in.u8(at + 1);
      if (in.u8(at) == 0xFF && next != 0 && next != 0xFF && (next < 0xD0 || next > 0xD7)) {
        copy(from, at - from);
        return at;
      }
      at++;
    }
  }

  /** Bytes after the end are ignored, unless they are another picture that nothing announced. */
  private void checkSecondPicture() {
    if (end > 0 && !multiPicture && in.has(end, "\u00ff\u00d8\u00ff")) {
      throw in.broken(end, "a second picture follows the first");
    }
  }
}
