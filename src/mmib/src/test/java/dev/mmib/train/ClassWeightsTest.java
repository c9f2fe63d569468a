package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassWeightsTest {

  private static final List<String> RELATIONS = List.of("None", "at", "knows");

  @TempDir Path directory;

  private static float[] weights(String setting, List<List<String>> rows, List<String> known) {
    return Objects.requireNonNull(ClassWeights.parse(setting).ofRows(rows, known));
  }

  @Test
  void balancedIsRowsOverClassesTimesCount() {
    var rows = List.of("None", "None", "None", "at").stream().map(List::of).toList();
    // 4 / (2 · 3) and 4 / (2 · 1); "knows", which does not occur, is no class.
    float none = (float) (2.0 / 3);
    assertArrayEquals(
        new float[] {none, none, none, 2}, weights("balanced", rows, RELATIONS), 1e-7f);
  }

  @Test
  void aSentenceHasTheMeanOfItsWords() {
    var rows = List.of(List.of("PER", "O", "O"), List.of("O"));
    // PER 4, O 1: 2 and 1, which are 1.5 on average.
    float[] found = weights("PER:4", rows, List.of("PER", "LOC", "O"));
    assertArrayEquals(new float[] {2 / 1.5f, 1 / 1.5f}, found, 1e-7f);
    // balanced: PER 4 / (2·1) = 2, O 4 / (2·3) = 2/3: 10/9 and 2/3, which are 8/9 on average.
    assertArrayEquals(
        new float[] {1.25f, 0.75f}, weights("balanced", rows, List.of("PER", "O")), 1e-6f);
  }

  @Test
  void onesAreExactlyOnes() {
    var rows = List.of(List.of("at"), List.of("None"), List.of("knows"));
    assertArrayEquals(new float[] {1, 1, 1}, weights("at:1", rows, RELATIONS));
    assertNull(ClassWeights.NONE.ofRows(rows, RELATIONS));
  }

  @Test
  void aClassCanBeLeftOutButNotAll() {
    var rows = List.of(List.of("at"), List.of("None"));
    assertArrayEquals(new float[] {2, 0}, weights("None:0", rows, RELATIONS));
    var e = assertThrows(MmibException.class, () -> weights("None:0,at:0", rows, RELATIONS));
    assertEquals(ErrorCode.USAGE, e.code());
  }

  @Test
  void anUnknownClassIsRefusedWithTheNearest() {
    var e =
        assertThrows(
            MmibException.class,
            () -> weights("knowz:2", List.of(List.of("at")), List.of("None", "at", "knows")));
    assertEquals(ErrorCode.USAGE, e.code());
    assertTrue(e.hint().contains("'knows'"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "PER",
        "PER:",
        ":2",
        "PER:-1",
        "PER:x",
        "PER:1e9",
        "PER:NaN",
        "PER:2,",
        "A:1,A:2",
        "PER:1000001",
        "Balanced"
      })
  void whatIsNoListOfWeightsIsRefusedBeforeAnythingIsRead(String setting) {
    var e = assertThrows(MmibException.class, () -> settings(Task.NER, setting).config());
    assertEquals(ErrorCode.USAGE, e.code());
  }

  private static Settings settings(Task task, String setting) {
    return ToyData.settings(task).set("epochs=2").set("classWeights", setting);
  }

  @Test
  void trainingWithOnesGivesTheSameModelAndWithOthersAnother() throws IOException {
    ToyData.ner(directory.resolve("ner"), 24, 8);
    ToyData.relations(directory.resolve("re"), 24, 8);
    var plain = trained(Task.NER, "none");
    assertArrayEquals(plain, trained(Task.NER, "PER:1,O:1"));
    assertFalse(Arrays.equals(plain, trained(Task.NER, "PER:5")));
    plain = trained(Task.RE, "none");
    assertArrayEquals(plain, trained(Task.RE, "None:1"));
    assertFalse(Arrays.equals(plain, trained(Task.RE, "balanced")));
  }

  private byte[] trained(Task task, String setting) throws IOException {
    var out = directory.resolve("out");
    try (var backend = new JavaBackend(2)) {
      Trainer.of(settings(task, setting), directory.resolve(task.key()))
          .run(backend, out, Existing.OVERWRITE);
    }
    return Files.readAllBytes(out.resolve("model/model.safetensors"));
  }
}
