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
 * The steps of an epoch by the library's trainer: 16 posts in batches of 8, five JPEGs each, with a
 * text encoder of the size of bert-base and a frozen ResNet-50.
 *
 * <p>Scoring and saving after the epoch are not measured, and neither is its first step, which has
 * had all that time to prepare its pictures.
 */
public final class MmibEpoch implements Contender {

  /** Where the features of pictures come from. */
  public enum Features {
    /** Memory, from the second epoch on. */
    KEPT,
    /** The network, in every step. */
    COMPUTED
  }

  private static final int POSTS = 16;
  private static final int BATCH = 8;
  private static final int STEPS = POSTS / BATCH;

  private final Path directory;
  private final SteppedTraining training;

  public MmibEpoch(Device device, Features features) throws IOException {
    directory = Files.createTempDirectory("mmib-benchmark-epoch");
    var data = directory.resolve("data");
    MadePosts.write(data, POSTS, POSTS);
    var settings =
        new Settings(Task.NER)
            .set("epochs=10000")
            .set("batchSize=" + BATCH)
            .set("image.encoder=resnet50")
            .set("image.frozen=true")
            .set("featureCache=none")
            .set("cacheMegabytes=" + (features == Features.KEPT ? 256 : 0));
    var encoder = directory.resolve("encoder");
    MadeModel.writeEncoder(encoder, BertBase.CONFIG);
    var trainer = Trainer.of(settings, data).from(new ModelSource(encoder, null, null));
    training = new SteppedTraining(device, trainer, directory.resolve("out"));
    toSecondStep();
  }

  @Override
  public void run() {
    for (int i = 1; i < STEPS; i++) {
      training.step();
    }
  }

  @Override
  public void between() {
    toSecondStep();
  }

  /** Goes on until the first step of an epoch is done. */
  private void toSecondStep() {
    while (training.step().step() % STEPS != 1) {
      // the rest of the epoch before
    }
  }

  @Override
  public float[] result() {
    run(); // of the first epoch that is whole: what can be kept is there after it
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
