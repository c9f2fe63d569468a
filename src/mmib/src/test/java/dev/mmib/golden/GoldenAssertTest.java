package dev.mmib.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.op.Activation;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** The golden tests can fail, and skip only what is missing. */
class GoldenAssertTest {

  private static final float NAN = Float.NaN;
  private static final float INFINITE = Float.POSITIVE_INFINITY;

  @Test
  void acceptsWhatIsWithinTheToleranceAndNothingElse() {
    GoldenAssert.close("x", new float[] {1, NAN, INFINITE}, new float[] {1.5f, NAN, INFINITE}, 0.5);
    assertFails(new float[] {1}, new float[] {1.6f});
    assertFails(new float[] {1}, new float[] {NAN});
    assertFails(new float[] {NAN}, new float[] {1});
    assertFails(new float[] {INFINITE}, new float[] {1});
    assertFails(new float[] {INFINITE}, new float[] {-INFINITE});
    assertFails(new float[] {1, 2}, new float[] {1});
  }

  private static void assertFails(float[] expected, float[] got) {
    assertThrows(AssertionError.class, () -> GoldenAssert.close("x", expected, got, 0.5));
  }

  @Test
  void allowsTheToleranceThatTheGoldenValuesState() {
    assertEquals(10 * 2e-7 + 1e-6 * 3 + 1e-6, GoldenAssert.tolerance(2e-7, 3), 1e-18);
  }

  @Test
  void noticesAWrongOperatorInTheForwardAndInTheBackwardPass() {
    var file = GoldenFile.load(Golden.copy().resolve("ops/dense.json"));
    var tanh = file.cases().stream().filter(c -> c.op().equals("tanh")).findFirst().orElseThrow();
    var backend = Backends.present().get(0);
    GoldenRun.run(backend, tanh, c -> c.out("y", Activation.tanh(c.in("x"))));
    var forward =
        assertThrows(
            AssertionError.class,
            () -> GoldenRun.run(backend, tanh, c -> c.out("y", Activation.sigmoid(c.in("x")))));
    assertTrue(forward.toString().contains(" y: "), forward::toString);
    var backward =
        assertThrows(
            AssertionError.class,
            () ->
                GoldenRun.run(
                    backend,
                    tanh,
                    c ->
                        c.out(
                            "y",
                            c.isForGradients()
                                ? Activation.erf(c.in("x"))
                                : Activation.tanh(c.in("x")))));
    assertTrue(backward.toString().contains("d_x"), backward::toString);
    var absent = assertThrows(AssertionError.class, () -> GoldenRun.run(backend, tanh, c -> {}));
    assertTrue(absent.toString().contains("gives no output 'y'"), absent::toString);
  }

  @Test
  void skipsAMissingGroupAndFailsWithoutAny(@TempDir Path dir) throws Exception {
    var before = System.getProperty("mmib.golden", "");
    var out = System.out;
    var lines = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(lines, true, StandardCharsets.UTF_8));
      System.setProperty("mmib.golden", dir.toString());
      assertThrows(AssertionError.class, Golden::root);
      Files.createDirectory(dir.resolve("crf"));
      assertEquals(dir, Golden.root());
      assertTrue(Golden.group("crf").isPresent());
      assertThrows(TestAbortedException.class, () -> Golden.require("ops"));
      assertThrows(TestAbortedException.class, () -> GoldenFile.load("crf/crf"));
      assertEquals(1, Golden.orSkipped(() -> Golden.skip("why")).count());
    } finally {
      System.setOut(out);
      System.setProperty("mmib.golden", before);
    }
    assertTrue(
        lines.toString(StandardCharsets.UTF_8).startsWith("SKIPPED golden: no group 'ops' in "));
  }

  @Test
  void readsNumbersThatOnlyPythonWrites(@TempDir Path dir) throws Exception {
    var file = dir.resolve("a.json");
    Files.writeString(file, "{\"a\": [NaN, -Infinity, 1.5, \"NaN \\\" Infinity\"]}");
    var a = Golden.json(file).array("a");
    assertTrue(Double.isNaN(Golden.number(a.at(0))));
    assertEquals(Double.NEGATIVE_INFINITY, Golden.number(a.at(1)));
    assertEquals(1.5, Golden.number(a.at(2)));
    assertEquals("NaN \" Infinity", a.at(3).asString());
  }
}
