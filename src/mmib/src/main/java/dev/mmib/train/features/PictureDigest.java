package dev.mmib.train.features;

import java.util.HexFormat;

/** What a picture's file is known by, whatever it is called. */
public final class PictureDigest {

  private PictureDigest() {}

  /** The SHA-256 of the file's bytes, in hex. */
  public static String of(byte[] file) {
    return HexFormat.of().formatHex(EncoderFingerprint.sha256().digest(file));
  }
}
