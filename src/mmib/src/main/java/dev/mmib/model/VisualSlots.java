package dev.mmib.model;

import dev.mmib.data.ImageBatch;
import dev.mmib.nn.BatchNorm2d.Statistics;
import dev.mmib.nn.Contained;
import dev.mmib.nn.Linear;
import dev.mmib.nn.Parameters;
import dev.mmib.op.Layout;
import dev.mmib.op.Lookup;
import dev.mmib.resnet.ResNet;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The pictures of a post as vectors: ResNet, mean over places, linear map to the hidden size.
 *
 * <p>Slot 0 is the whole picture and always there: a post without one has a picture of zeros.
 */
record VisualSlots(ResNet network, Linear projection, MmibConfig config) {

  /** Pictures that go through the network at once in inference, which bounds its memory. */
  private static final int CHUNK = 16;

  /**
   * What {@link #encode} gives.
   *
   * @param features [batch, slots, features]
   * @param values [batch, slots, hidden]
   * @param mask [batch, slots], 0 where there is no picture; null where all are there
   */
  record Slots(Tensor features, Tensor values, @Nullable Tensor mask) {}

  static VisualSlots of(Parameters at, int hidden, MmibConfig config) {
    var image = config.image();
    var atNetwork = at.at("resnet");
    var network = ResNet.of(image.frozen() ? atNetwork.frozen() : atNetwork, image.network());
    return new VisualSlots(
        network, Linear.of(at.at("visual_projection"), image.network().features(), hidden), config);
  }

  /** Whether a picture's features are the same in every step, so that they can be kept. */
  boolean hasConstantFeatures() {
    return config.image().frozen() && !config.isReference();
  }

  Slots encode(ImageBatch images) {
    int batch = images.batch();
    int slots = images.slots();
    int length = network.config().features();
    var features = Layout.reshape(features(images), batch, slots, length);
    return new Slots(features, projection.forward(features), mask(images));
  }

  /** Features as they are given, or those of the given pixels, [batch · slots, features]. */
  private Tensor features(ImageBatch images) {
    var shape = images.slotShape();
    int count = images.batch() * images.slots();
    if (shape.length == 1 && shape[0] == network.config().features()) {
      return Scope.current().of(Shape.of(count, shape[0]), images.values());
    }
    if (shape.length != 3 || shape[0] != 3) {
      throw new IllegalArgumentException(
          "pictures: slots of "
              + Arrays.toString(shape)
              + " vs pixels [3, height, width] or features ["
              + network.config().features()
              + "]");
    }
    return featuresOf(images, config.isReference() ? everywhere(count) : images.present());
  }

  private static boolean[] everywhere(int count) {
    var all = new boolean[count];
    Arrays.fill(all, true);
    return all;
  }

  /** Features of the wanted pictures and of every slot 0; zeros in the other rows. */
  private Tensor featuresOf(ImageBatch images, boolean[] wanted) {
    int count = wanted.length;
    var rowOf = new int[count];
    int rows = 0;
    var pixels = new float[images.values().length];
    int size = images.slotSize();
    for (int i = 0; i < count; i++) {
      boolean taken = wanted[i] || i % images.slots() == 0;
      rowOf[i] = taken ? rows : -1;
      if (taken) {
        System.arraycopy(images.values(), i * size, pixels, rows++ * size, size);
      }
    }
    var shape = images.slotShape();
    var found = run(pixels, rows, shape[1], shape[2]);
    return rows == count
        ? found
        : Lookup.gatherRows(found, Scope.current().ints(Shape.of(count), rowOf));
  }

  private Tensor run(float[] pixels, int rows, int height, int width) {
    boolean training = Scope.current().mode() == Mode.TRAIN;
    boolean frozen = config.image().frozen();
    // The released trainer leaves the frozen network's normalizations in training mode.
    if (training && (!frozen || config.isReference())) {
      return frozen
          ? Contained.constant(() -> features(pixels, 0, rows, height, width, Statistics.BATCH))
          : features(pixels, 0, rows, height, width, Statistics.BATCH);
    }
    return Contained.constant(() -> inChunks(pixels, rows, height, width));
  }

  private Tensor inChunks(float[] pixels, int rows, int height, int width) {
    var chunks = new ArrayList<Tensor>();
    for (int from = 0; from < rows; from += CHUNK) {
      int start = from;
      int to = Math.min(rows, from + CHUNK);
      chunks.add(
          Contained.constant(() -> features(pixels, start, to, height, width, Statistics.RUNNING)));
    }
    return chunks.size() == 1 ? chunks.get(0) : Layout.concat(0, chunks.toArray(new Tensor[0]));
  }

  private Tensor features(
      float[] pixels, int from, int to, int height, int width, Statistics statistics) {
    return network.features(pictures(pixels, from, to, height, width), statistics);
  }

  private static Tensor pictures(float[] pixels, int from, int to, int height, int width) {
    int size = 3 * height * width;
    var some = Arrays.copyOfRange(pixels, from * size, to * size);
    return Scope.current().of(Shape.of(to - from, 3, height, width), some);
  }

  /** How many slots count: those with a picture, and slot 0 of every post. */
  static int there(ImageBatch images) {
    return (int) IntStream.range(0, images.present().length).filter(i -> there(images, i)).count();
  }

  private static boolean there(ImageBatch images, int slot) {
    return images.present()[slot] || slot % images.slots() == 0;
  }

  private static @Nullable Tensor mask(ImageBatch images) {
    var mask = new float[images.present().length];
    boolean complete = true;
    for (int i = 0; i < mask.length; i++) {
      boolean there = there(images, i);
      mask[i] = there ? 1 : 0;
      complete &= there;
    }
    return complete ? null : Scope.current().of(Shape.of(images.batch(), images.slots()), mask);
  }

  /** Posts without pictures: a whole picture of zeros for each. */
  ImageBatch none(int batch) {
    int side = config.image().size();
    var present = new boolean[batch];
    Arrays.fill(present, true);
    return new ImageBatch(
        batch, 1, new int[] {3, side, side}, new float[batch * 3 * side * side], present);
  }
}
