package dev.mmib.train;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A digest of rows: what was learned from, wherever it lies. Of pictures it has the names and
 * whether they are there, not the content.
 */
final class DataFingerprint {

  private final MessageDigest digest;

  DataFingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Adds texts; their number and lengths count too, so that no two sequences look alike. */
  DataFingerprint add(List<String> texts) {
    add(texts.size());
    texts.forEach(this::add);
    return this;
  }

  DataFingerprint add(String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    add(bytes.length);
    digest.update(bytes);
    return this;
  }

  DataFingerprint add(int number) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(number).flip());
    return this;
  }

  /** The digest in hexadecimal digits; ends it. */
  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
