package dev.mmib.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.Backend;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Forward operators against the vectors of the ONNX project, on every CPU backend. */
class OnnxNodeTest {

  private static final class Tally {
    private int passed;
    private final List<String> failed = new ArrayList<>();
    private final Map<String, String> notApplicable = new TreeMap<>();
  }

  private static final Map<String, Tally> TALLIES = new TreeMap<>();

  @TestFactory
  Stream<DynamicTest> agreesWithOnnx() throws IOException {
    var set = System.getProperty("mmib.onnx", "");
    var root = Golden.fromRoot(set.isEmpty() ? "../shared/data/onnx-node" : set);
    if (!Files.isDirectory(root)) {
      var line = "ONNX vectors: no directory " + root;
      return Stream.of(DynamicTest.dynamicTest("skipped", () -> Golden.skip(line)));
    }
    List<Path> cases;
    try (Stream<Path> folders = Files.list(root)) {
      cases = folders.filter(f -> Files.isRegularFile(f.resolve("model.onnx"))).sorted().toList();
    }
    if (cases.isEmpty()) {
      throw new AssertionError(root + ": no case with a model.onnx in it");
    }
    return Backends.present().stream()
        .flatMap(
            backend ->
                cases.stream()
                    .map(
                        folder ->
                            DynamicTest.dynamicTest(
                                folder.getFileName() + " on " + backend.name(),
                                () -> run(backend, folder))));
  }

  private static void run(Backend backend, Path folder) throws IOException {
    var tally = TALLIES.computeIfAbsent(backend.name(), n -> new Tally());
    var name = folder.getFileName().toString();
    try (var scope = Scope.open(backend, Mode.INFER)) {
      var node = OnnxNode.read(folder);
      NotApplicable.unless(node.unreadable() == null, String.valueOf(node.unreadable()));
      var got = OnnxOps.run(node);
      NotApplicable.unless(
          got.size() == node.outputs().size(), node.op() + " with its optional outputs");
      for (int i = 0; i < got.size(); i++) {
        check(node, i, got.get(i));
      }
      tally.passed++;
    } catch (NotApplicable e) {
      tally.notApplicable.put(name, String.valueOf(e.getMessage()));
      Assumptions.abort("not applicable: " + e.getMessage());
    } catch (AssertionError | RuntimeException e) {
      tally.failed.add(name + ": " + e.getMessage());
      throw e;
    }
  }

  private static void check(OnnxNode node, int output, OnnxOps.Result got) {
    var expected = node.outputs().get(output);
    var what = node.name() + " output " + output;
    assertArrayEquals(expected.dims(), got.dims(), what + ": shape");
    if (!expected.type().equals("FLOAT")) {
      assertEquals(expected.wholes().length, got.values().length, what + ": elements");
      for (int i = 0; i < got.values().length; i++) {
        assertEquals(
            (double) expected.wholes()[i], got.values()[i], got.absolute(), what + " at " + i);
      }
      return;
    }
    for (int i = 0; i < got.values().length; i++) {
      double tolerance = got.absolute() + got.relative() * Math.abs((double) expected.floats()[i]);
      GoldenAssert.close(
          what + " element " + i,
          new float[] {expected.floats()[i]},
          new float[] {got.values()[i]},
          Double.isFinite(tolerance) ? tolerance : 0);
    }
  }

  @AfterAll
  static void printTallies() {
    TALLIES.forEach(
        (backend, tally) -> {
          tally.notApplicable.forEach(
              (name, why) ->
                  System.out.println("ONNX " + backend + " not applicable " + name + ": " + why));
          tally.failed.forEach(line -> System.out.println("ONNX " + backend + " FAILED " + line));
          System.out.println(
              "ONNX "
                  + backend
                  + ": "
                  + tally.passed
                  + " passed, "
                  + tally.failed.size()
                  + " failed, "
                  + tally.notApplicable.size()
                  + " not applicable, of "
                  + (tally.passed + tally.failed.size() + tally.notApplicable.size()));
        });
  }
}
