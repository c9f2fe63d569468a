package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Device;
import dev.mmib.cli.DemoTraining.Run;
import dev.mmib.cli.DemoTraining.Variant;
import dev.mmib.cli.report.Report;
import dev.mmib.demo.DemoData;
import dev.mmib.model.Task;
import dev.mmib.predict.Extractor;
import dev.mmib.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demonstration on a handful of posts: its whole path, without the scores. */
class DemoTest {

  private static final int POSTS = 48;

  @TempDir Path directory;

  @Test
  void trainsBothTasksAndShowsThemInAReport() {
    var data =
        DemoData.generate(
            directory.resolve("data"), new DemoData.Options(3, POSTS, 16, 40, 0.1, 0.15));
    var page = new DemoReport();
    var ner = train(Task.NER, data.nerDir());
    page.add("Entities", data.ner(), ner);
    try (var extractor = Extractor.load(ner.get(0).model(), Device.auto())) {
      page.addEntities(extractor, data.nerDir(), data.nerTest());
    }
    var example = DemoReport.example(ner.get(0).model(), data.nerDir(), data.nerTest());
    assertTrue(example.contains("--image"), example.toString());
    var ran = Ran.mmib(example.toArray(String[]::new));
    assertEquals(0, ran.status(), ran.err());
    var re = train(Task.RE, data.reDir());
    page.add("Relations", data.re(), re);
    try (var extractor = Extractor.load(re.get(0).model(), Device.auto())) {
      page.addRelations(extractor, data.reDir(), data.reTest());
    }
    var html = Report.html(page.data("test", List.of()));
    for (var expected :
        List.of("with pictures", "text only", "Entities in unseen posts", "demo_test_", "data:")) {
      assertTrue(html.contains(expected), expected);
    }
  }

  private List<Run> train(Task task, Path data) {
    var runs = new ArrayList<Run>();
    try (var backend = Device.auto().open()) {
      var training = new DemoTraining(backend, directory, 1, true, TrainingListener.NONE);
      for (var variant : List.of(Variant.FULL, Variant.TEXT_ONLY)) {
        var run = training.run(task, variant, data);
        assertNotNull(run);
        assertEquals(run.devF1().size() * POSTS / 16, run.loss().size());
        runs.add(run);
      }
    }
    return runs;
  }

  @Test
  void refusesADirectoryThatHoldsSomethingElse() throws IOException {
    var mine = Files.writeString(directory.resolve("mine.txt"), "keep");
    var ran = Ran.mmib("demo", "--quick", "--out", directory.toString());
    assertEquals(2, ran.status(), ran.err());
    assertTrue(Files.exists(mine));
  }
}
