package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.Split;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowSampleTest {

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"100, 0.1, 10", "100, 1, 100", "3, 0.1, 1", "5, 0.5, 3", "7, 0.999, 7", "1, 1e-9, 1"})
  void drawsTheRoundedShareOnceEachInOrder(int rows, double share, int expected) {
    int[] drawn = RowSample.draw(rows, share, 1);
    assertEquals(expected, drawn.length);
    assertArrayEquals(Arrays.stream(drawn).distinct().sorted().toArray(), drawn);
    assertTrue(Arrays.stream(drawn).allMatch(row -> row >= 0 && row < rows));
  }

  @Test
  void theSeedAloneDecidesAndSmallerSharesArePartOfLarger() {
    int[] drawn = RowSample.draw(1000, 0.1, 7);
    assertArrayEquals(drawn, RowSample.draw(1000, 0.1, 7));
    assertFalse(Arrays.equals(drawn, RowSample.draw(1000, 0.1, 8)));
    int[] more = RowSample.draw(1000, 0.2, 7);
    assertTrue(Arrays.stream(drawn).allMatch(row -> Arrays.binarySearch(more, row) >= 0));
  }

  @Test
  void everyRowIsDrawnAboutEquallyOften() {
    var times = new int[20];
    for (int seed = 0; seed < 2000; seed++) {
      Arrays.stream(RowSample.draw(20, 0.25, seed)).forEach(row -> times[row]++);
    }
    // 500 expected, deviation 19: five of them.
    assertTrue(Arrays.stream(times).allMatch(n -> Math.abs(n - 500) < 97), Arrays.toString(times));
  }

  @Test
  void onlyTrainingRowsAreDrawnAndLabelsAreThoseOfWholeFiles() throws IOException {
    ToyData.relations(directory, 40, 10);
    var settings = ToyData.settings(Task.RE).set("sample=0.05").set("limit=30");
    var config = settings.config();
    var data = TrainingData.forTraining(DataDirectory.open(directory), Task.RE, config.rows(), 3);
    assertEquals(2, data.trainingTexts().size(), "5 % of the first 30");
    assertEquals(3, data.relationSet().size());
    var out = directory.resolve("out");
    try (var backend = new JavaBackend(1)) {
      Trainer.of(settings.set("epochs=0").set("seed=3"), directory)
          .run(backend, out, Existing.REFUSE);
      var trained = ModelDirectory.open(out.resolve("model"));
      try (var model = trained.load(backend)) {
        int[] drawn = RowSample.draw(30, 0.05, 3);
        var train = data.rows(Split.TRAIN, model, trained.tokenizer());
        assertEquals(drawn.length, train.size());
        for (int i = 0; i < drawn.length; i++) {
          assertTrue(train.place(i).endsWith("line " + (drawn[i] + 1)), train.place(i));
        }
        assertEquals(10, data.rows(Split.DEV, model, trained.tokenizer()).size(), "dev is whole");
      }
    }
  }

  @Test
  void rowsOfASampleKeepTheirOwnPictures() throws IOException {
    ToyData.relations(directory, 20, 4);
    var rows = ToyData.settings(Task.RE).set("sample=0.3").config().rows();
    var data = TrainingData.forTraining(DataDirectory.open(directory), Task.RE, rows, 5);
    var out = directory.resolve("out");
    try (var backend = new JavaBackend(1)) {
      Trainer.of(ToyData.settings(Task.RE).set("epochs=0"), directory)
          .run(backend, out, Existing.REFUSE);
      var trained = ModelDirectory.open(out.resolve("model"));
      try (var model = trained.load(backend)) {
        var train = data.rows(Split.TRAIN, model, trained.tokenizer());
        int[] drawn = RowSample.draw(20, 0.3, 5);
        IntStream.range(0, drawn.length)
            .forEach(
                i ->
                    assertTrue(
                        train
                            .pictures(i)
                            .whole()
                            .orElseThrow()
                            .endsWith("train_" + drawn[i] + ".png")));
      }
    }
  }
}
