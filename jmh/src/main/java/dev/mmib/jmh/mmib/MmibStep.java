package dev.mmib.jmh.mmib;

import dev.mmib.backend.Device;
import dev.mmib.backend.MemoryUse;
import dev.mmib.jmh.Contender;

/** A training step of the whole model, or what it would take besides if it had no features yet. */
public final class MmibStep implements Contender {

  /** What is computed. */
  public enum Part {
    /** Forward, backward and update, the pictures' features given. */
    STEP,
    /** The features of the 40 pictures of a step. */
    PICTURES
  }

  private final MmibPosts posts;
  private final Part part;

  public MmibStep(Device device, Part part) {
    this.posts = new MmibPosts(device);
    this.part = part;
  }

  @Override
  public void run() {
    if (part == Part.PICTURES) {
      posts.pictureFeatures();
    } else if (!Double.isFinite(posts.step())) {
      throw new IllegalStateException("step: the loss is not finite");
    }
  }

  /** What the device's tensors take. */
  public MemoryUse memory() {
    return posts.backend().memory();
  }

  @Override
  public float[] result() {
    return NO_RESULT;
  }

  @Override
  public String description() {
    return posts.backend().name() + ": " + posts.backend().description();
  }

  @Override
  public void close() {
    posts.close();
  }
}
