package dev.mmib.jmh.mmib;

import dev.mmib.backend.Device;
import dev.mmib.jmh.BertBase;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.MadePosts;
import dev.mmib.model.Task;
import dev.mmib.train.ModelSource;
import dev.mmib.train.Settings;
import dev.mmib.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Steps of an epoch by the library's trainer: batches of 8 posts, five JPEGs each, with a text
 * encoder of the size of bert-base and a frozen ResNet-50.
 *
 * <p>Every post has picture files of its own, of which there are only 80 different ones: so
 * features that are kept, which are found by a file's content, are all there after few steps.
 */
public final class MmibEpoch implements Contender {

  /** Where the features of pictures come from. */
  public enum Features {
    /** Files in which they were kept when they were first computed. */
    KEPT,
    /** The network, in every step. */
    COMPUTED
  }

  private static final int POSTS = 800;
  private static final int DIFFERENT_POSTS = 16;
  private static final int STEPS_TO_FILL = 10;

  private final Path directory;
  private final SteppedTraining training;

  public MmibEpoch(Device device, Features features) throws IOException {
    directory = Files.createTempDirectory("mmib-benchmark-epoch");
    var data = directory.resolve("data");
    MadePosts.write(data, POSTS, DIFFERENT_POSTS);
    boolean isKept = features == Features.KEPT;
    var settings =
        new Settings(Task.NER)
            .set("epochs=10000")
            .set("batchSize=8")
            .set("image.encoder=resnet50")
            .set("image.frozen=true")
            .set("cacheMegabytes=" + (isKept ? 256 : 0))
            .set("featureCache=" + (isKept ? directory.resolve("features") : "none"));
    var encoder = directory.resolve("encoder");
    MadeModel.writeEncoder(encoder, BertBase.CONFIG);
    var trainer = Trainer.of(settings, data).from(new ModelSource(encoder, null, null));
    training = new SteppedTraining(device, trainer, directory.resolve("out"));
    for (int i = 1; isKept && i < STEPS_TO_FILL; i++) {
      training.step();
    }
  }

  @Override
  public void run() {
    training.step();
  }

  @Override
  public float[] result() {
    return NO_RESULT;
  }

  @Override
  public String description() {
    return training.backend().name() + ": " + training.backend().description();
  }

  @Override
  public void close() {
    training.close();
    MadePosts.delete(directory);
  }
}
