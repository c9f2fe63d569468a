package dev.mmib.train.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A channel that counts and digests what goes through it, so that no file is read to know it. */
final class Digested implements WritableByteChannel {

  private final WritableByteChannel out;
  private final MessageDigest digest = sha256();
  private long bytes;

  Digested(WritableByteChannel out) {
    this.out = out;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    var given = from.duplicate();
    int written = out.write(from);
    digest.update(given.limit(given.position() + written));
    bytes += written;
    return written;
  }

  /** What has gone through; ends the digest. */
  Manifest.Entry entry() {
    return new Manifest.Entry(bytes, hex(digest));
  }

  @Override
  public boolean isOpen() {
    return out.isOpen();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
