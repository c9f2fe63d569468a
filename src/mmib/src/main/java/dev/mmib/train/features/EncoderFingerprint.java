package dev.mmib.train.features;

import dev.mmib.model.MmibModel;
import dev.mmib.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.TreeMap;

/** A digest of everything that decides what features a picture gets, to the last bit. */
public final class EncoderFingerprint {

  /** To be raised when decoding, preprocessing or the network's code gives other numbers. */
  private static final int CODE = 1;

  private static final String NETWORK = "resnet.";
  private static final int CHUNK = 1 << 16;

  private EncoderFingerprint() {}

  /** The SHA-256 of weights, architecture, preprocessing, and the device with its kernels. */
  public static byte[] of(MmibModel model) {
    var sha = sha256();
    var image = model.config().image();
    var backend = model.backend();
    text(sha, "mmib features " + Shard.VERSION + " " + CODE);
    text(sha, image.encoder() + " " + image.size() + " " + image.resize());
    text(sha, image.pixels().toString());
    // The description tells the instructions and threads, on which roundings may depend.
    text(sha, backend.name() + " " + backend.description());
    text(sha, System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    new TreeMap<>(model.parameters().all())
        .forEach(
            (name, tensor) -> {
              if (name.startsWith(NETWORK)) {
                text(sha, name + " " + tensor.shape());
                numbers(sha, model, tensor);
              }
            });
    return sha.digest();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void text(MessageDigest sha, String text) {
    sha.update((text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static void numbers(MessageDigest sha, MmibModel model, Tensor tensor) {
    int length = tensor.shape().size();
    var values = new float[Math.min(CHUNK, length)];
    var bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < length; from += CHUNK) {
      int count = Math.min(CHUNK, length - from);
      model.backend().download(tensor.buffer(), from, values, 0, count);
      bytes.clear();
      bytes.asFloatBuffer().put(values, 0, count);
      sha.update(bytes.array(), 0, 4 * count);
    }
  }
}
