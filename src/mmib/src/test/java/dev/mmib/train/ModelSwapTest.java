package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Failure;
import dev.mmib.fault.FaultyFiles;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.FileTree;
import dev.mmib.io.IoFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The best model is replaced by a better one on files that fail at every operation. */
class ModelSwapTest {

  private static final String NONE = "none";

  @TempDir Path home;

  private final FaultyFiles faults = new FaultyFiles();

  @TestFactory
  Stream<DynamicTest> leavesOneOfTheTwoWhole() throws IOException {
    return Stream.of(NONE, "old")
        .flatMap(
            before -> {
              int operations = rehearse(before);
              return Stream.iterate(1, n -> n <= operations, n -> n + 1)
                  .flatMap(
                      n ->
                          Stream.of(false, true)
                              .map(
                                  killed ->
                                      DynamicTest.dynamicTest(
                                          (killed ? "killed" : "failing")
                                              + " at operation "
                                              + n
                                              + ", before it "
                                              + before,
                                          () -> failAt(n, killed, before))));
            });
  }

  private int rehearse(String before) {
    try (var output = open("rehearsal-" + before, before)) {
      faults.heal();
      output.replaceModel(model("new"));
      assertTrue(faults.operations().size() > 10, faults.operations().toString());
      return faults.operations().size();
    }
  }

  private void failAt(int n, boolean killed, String before) throws IOException {
    var name = "out-" + n + killed + before;
    var out = home.resolve(name);
    try (var output = open(name, before)) {
      faults.failAt(n, Failure.NO_SPACE, killed);
      var e = assertThrows(MmibException.class, () -> output.replaceModel(model("new")));
      assertEquals(ErrorCode.IO, e.code());
      assertTrue(e.what().contains("No space left on device"), e.getMessage());
      faults.heal();
      assertEquals(1, faults.openChannels(), "only the lock's");
    }
    var after = recovered(out, name);
    assertTrue(List.of(before, "new").contains(after), after);
    try (var output = OutputDirectory.open(out, Existing.RESUME)) {
      output.replaceModel(model("newer"));
    }
    assertEquals("newer", version(out));
  }

  /** Recovers what is there, killed in the midst of that at every operation too. */
  private String recovered(Path out, String name) throws IOException {
    var versions = new TreeSet<String>();
    for (int n = 1; ; n++) {
      var copy = Files.createDirectory(home.resolve(name + "-" + n));
      copy(out, copy);
      faults.failAt(n, Failure.NO_SPACE, true);
      boolean done = true;
      try (var again = OutputDirectory.open(faults.path(copy), Existing.RESUME)) {
        faults.heal();
        assertTrue(again.model().endsWith("model"));
      } catch (MmibException e) {
        done = false;
      }
      faults.heal();
      OutputDirectory.open(copy, Existing.RESUME).close();
      versions.add(version(copy));
      assertEquals(
          version(copy).equals(NONE) ? List.of(".lock") : List.of(".lock", "model"), names(copy));
      if (done) {
        break;
      }
    }
    OutputDirectory.open(out, Existing.RESUME).close();
    versions.add(version(out));
    assertEquals(1, versions.size(), "the same whatever else is killed: " + versions);
    return versions.first();
  }

  @Test
  void putsTheOldOneBackWhenThereIsNoOther() throws IOException {
    try (var output = OutputDirectory.open(home, Existing.REFUSE)) {
      output.replaceModel(model("old"));
    }
    Files.move(home.resolve("model"), home.resolve(".model-old"));
    Files.createDirectory(home.resolve(".model-part"));
    OutputDirectory.open(home, Existing.RESUME).close();
    assertEquals("old", version(home));
    assertEquals(List.of(".lock", "model"), names(home));
  }

  @Test
  void keepsTheOldOneWhenTheWriterFails() throws IOException {
    try (var output = OutputDirectory.open(home, Existing.REFUSE)) {
      output.replaceModel(model("old"));
      assertThrows(
          IllegalStateException.class,
          () ->
              output.replaceModel(
                  part -> {
                    model("half").accept(part);
                    throw new IllegalStateException("the device is gone");
                  }));
      assertEquals("old", version(home));
      output.replaceModel(model("new"));
    }
    assertEquals("new", version(home));
    assertFalse(Files.exists(home.resolve(".model-part")));
  }

  private OutputDirectory open(String name, String before) {
    faults.heal();
    var output = OutputDirectory.open(faults.path(home.resolve(name)), Existing.REFUSE);
    if (!before.equals(NONE)) {
      output.replaceModel(model(before));
    }
    return output;
  }

  private static Consumer<Path> model(String version) {
    return part -> {
      try {
        Files.createDirectory(part);
      } catch (IOException e) {
        throw MmibException.in("model", ErrorCode.IO, IoFailure.reason(e), "");
      }
      AtomicFile.write(part.resolve("config.json"), version);
      AtomicFile.write(part.resolve("model.safetensors"), version);
    };
  }

  private static String version(Path out) throws IOException {
    var model = out.resolve("model");
    if (!Files.exists(model)) {
      return NONE;
    }
    assertEquals(List.of("config.json", "model.safetensors"), names(model));
    var version = Files.readString(model.resolve("config.json"));
    assertEquals(version, Files.readString(model.resolve("model.safetensors")));
    return version;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var all = Files.walk(from)) {
      for (var file : all.skip(1).toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private static List<String> names(Path directory) throws IOException {
    return FileTree.entries(directory).stream()
        .map(entry -> entry.getFileName().toString())
        .sorted()
        .toList();
  }
}
