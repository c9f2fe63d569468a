package dev.mmib.nd4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Device;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Nd4jProviderTest {

  @Test
  void isFoundByName() {
    try (var nd4j = Device.of("nd4j").withThreads(2).open()) {
      assertEquals("nd4j", nd4j.name());
      assertTrue(nd4j.description().startsWith("ND4J 1.0.0-M2.1 ("), nd4j.description());
      assertTrue(nd4j.description().contains("groups or dilation in Java"), nd4j.description());
    }
    assertTrue(new Nd4jProvider().versions().containsKey("ND4J"));
  }

  /** Jars that ND4J declares and that our class path leaves out, by a class of each. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "com.google.flatbuffers.FlatBufferBuilder",
        "com.jakewharton.byteunits.BinaryByteUnit",
        "com.sun.jna.Native",
        "net.ericaro.neoitertools.Itertools",
        "org.apache.commons.codec.binary.Base64",
        "org.apache.commons.collections4.ListUtils",
        "org.apache.commons.compress.archivers.ArchiveEntry",
        "org.apache.commons.io.IOUtils",
        "org.apache.commons.net.util.Base64",
        "org.nd4j.shade.jackson.databind.ObjectMapper",
        "org.nd4j.shade.protobuf.Message",
        "org.threeten.bp.LocalDate",
        "oshi.SystemInfo",
      })
  void needsNoneOfTheExcludedJars(String excluded) {
    // Nd4jBackendTest proves all kernels on this same class path.
    assertThrows(ClassNotFoundException.class, () -> Class.forName(excluded));
  }

  @Test
  void runsEveryKernelOnThisClassPath() {
    try (var nd4j = new Nd4jProvider().open(Device.Options.threads(2))) {
      AllKernels.run(nd4j);
      assertEquals(0, nd4j.memory().liveBuffers());
    }
  }

  @Test
  void runsWhereOneDnnIsAbsent() throws Exception {
    String output = fork(entry -> entry.contains("dnnl-3") || entry.contains("opencl"));
    assertTrue(output.contains("works: ND4J"), output);
  }

  @Test
  void tellsInAFreshProcessWhatIsMissing() throws Exception {
    String output = fork(entry -> entry.contains("nd4j-native-1.0.0-M2.1-"));
    assertTrue(output.contains("no natives of ND4J for"), output);
  }

  /** What {@link AllKernels} prints in a process whose class path lacks some jars. */
  private static String fork(Predicate<String> left) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var process =
        new ProcessBuilder(
                java, "-Xmx512m", "-cp", classPathWithout(left), AllKernels.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  private static List<String> entriesWithout(Predicate<String> left) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(left.negate())
        .toList();
  }

  private static String classPathWithout(Predicate<String> left) {
    return entriesWithout(left).stream().collect(Collectors.joining(File.pathSeparator));
  }

  @Test
  void tellsThatNd4jIsMissing() throws Exception {
    var urls = new ArrayList<URL>();
    for (var entry : entriesWithout(entry -> entry.contains("nd4j-api"))) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    try (var loader =
        new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Object provider =
          loader.loadClass(Nd4jProvider.class.getName()).getDeclaredConstructor().newInstance();
      var reason =
          (Optional<?>) provider.getClass().getMethod("unavailableBecause").invoke(provider);
      assertTrue(reason.isPresent());
    }
  }
}
