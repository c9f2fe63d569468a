package dev.mmib.train;

import dev.mmib.io.AtomicFile;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import java.nio.file.Path;

/** What was done with pictures up to the end of each epoch: {@code pictures.jsonl}. */
final class PictureLog implements TrainingListener {

  private final Path file;
  private final Pictures pictures;
  private final TrainingListener next;
  private final StringBuilder lines = new StringBuilder();

  /** A log that tells {@code next} all that it hears. */
  PictureLog(Path directory, Pictures pictures, TrainingListener next) {
    this.file = directory.resolve("pictures.jsonl");
    this.pictures = pictures;
    this.next = next;
  }

  @Override
  public void stepped(StepReport report) {
    next.stepped(report);
  }

  @Override
  public void scored(EpochReport report) {
    var line = new JsonObject().put("epoch", report.epoch());
    pictures.counts().toJson().members().forEach(line::put);
    lines.append(Json.write(line)).append('\n');
    AtomicFile.write(file, lines.toString());
    next.scored(report);
  }

  @Override
  public void scoring(String split, int done, int total) {
    next.scoring(split, done, total);
  }
}
