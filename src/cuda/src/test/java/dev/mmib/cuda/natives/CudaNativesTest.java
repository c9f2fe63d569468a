package dev.mmib.cuda.natives;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class CudaNativesTest {

  private static final String REASON = "reason=";

  @TempDir Path folder;
  private Path temporary;
  private Stubs stubs;

  @BeforeEach
  void prepare() throws IOException {
    temporary = Files.createDirectory(folder.resolve("tmp"));
    stubs = new Stubs(folder);
  }

  private List<String> facts(Map<String, String> environment, String... args) throws Exception {
    var facts = LoadingProcess.facts(temporary, environment, args);
    assertTrue(facts.contains("restored=true"), facts.toString());
    assertTrue(facts.contains("later files=" + temporary), facts.toString());
    try (var left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
    return facts;
  }

  private static String reason(List<String> facts) {
    return facts.stream()
        .filter(fact -> fact.startsWith(REASON))
        .map(fact -> fact.substring(REASON.length()))
        .findFirst()
        .orElseThrow();
  }

  /** The reason with a complete set of cuBLAS 12, and one thing not as it should be. */
  private String reasonWith(String... settings) throws Exception {
    var environment = new HashMap<String, String>();
    environment.put(LibrarySearch.VARIABLE, Stubs.folders(stubs.complete(12)));
    for (int i = 0; i < settings.length; i += 2) {
      environment.put(settings[i], settings[i + 1]);
    }
    var facts = facts(environment);
    assertTrue(facts.contains("devices=0"), facts.toString());
    return reason(facts);
  }

  private static void assertNames(String text, String... parts) {
    for (var part : parts) {
      assertTrue(text.contains(part), part + " is not in: " + text);
    }
  }

  @Test
  void loadsWithCuda12AndLeavesNothingBehind() throws Exception {
    var libraries = stubs.complete(12);
    var environment = Map.of(LibrarySearch.VARIABLE, Stubs.folders(libraries), "STUB_GPUS", "2");
    var facts = facts(environment, "0", "1", "2");
    assertEquals("", reason(facts), facts.toString());
    assertTrue(facts.contains("devices=2"), facts.toString());
    assertTrue(facts.contains("driver=CUDA 12.4") || facts.toString().contains("(CUDA 12.4)"));
    assertTrue(facts.contains("GPU 1=Stub 1 (compute capability 9.0, 3.0 GiB)"), facts.toString());
    assertTrue(facts.contains("cuBLAS=12.1.2 (" + libraries[1] + ")"), facts.toString());
    assertTrue(facts.contains("cuDNN=9.19.0 (" + libraries[2] + ")"), facts.toString());
    assertTrue(facts.contains("load 0=") && facts.contains("load 1="), facts.toString());
    assertNames(facts.toString(), "load 2=MMIB-", "there are 2, counted from 0");
  }

  @Test
  void retargetsJCudaForCuda13() throws Exception {
    var libraries = stubs.complete(13);
    var environment =
        Map.of(LibrarySearch.VARIABLE, Stubs.folders(libraries), "STUB_DRIVER", "13000");
    var facts = facts(environment);
    assertEquals("", reason(facts), facts.toString());
    assertTrue(facts.contains("cuBLAS=13.1.2 (" + libraries[1] + ")"), facts.toString());
  }

  @Test
  void findsWhatLiesOnTheLibraryPathAndPrefersCuda12() throws Exception {
    var places = new ArrayList<>(List.of(stubs.complete(13)));
    places.addAll(List.of(stubs.complete(12)));
    var environment =
        Map.of(
            "LD_LIBRARY_PATH", Stubs.folders(places.toArray(Path[]::new)), "STUB_DRIVER", "13000");
    assertNames(facts(environment).toString(), "cuBLAS=12.1.2");
  }

  @Test
  void loadsThePartsOfCudnnAndInsistsOnThoseOfConvolutions() throws Exception {
    var libraries = stubs.complete(12);
    var environment = Map.of(LibrarySearch.VARIABLE, Stubs.folders(libraries));
    var ops = stubs.build("PART", "libcudnn_ops.so.9");
    Files.copy(ops, libraries[2].resolveSibling("libcudnn_ops.so.9"));
    Files.writeString(libraries[2].resolveSibling("libcudnn_adv.so.9"), "no library");
    assertEquals("", reason(facts(environment)));
    Files.writeString(libraries[2].resolveSibling("libcudnn_graph.so.9"), "no library");
    assertNames(reason(facts(environment)), "cuDNN's libcudnn_graph.so.9 does not load", "mend");
  }

  @Test
  void saysThatThereIsNoDriverAndWhatHelps() throws Exception {
    if (new LibrarySearch(Path.of("/"), Map.of(), null).find("libcuda.so.1").isPresent()) {
      System.out.println("SKIPPED the reason without a driver: there is one");
      return;
    }
    var facts = facts(Map.of("LD_LIBRARY_PATH", folder.toString()));
    assertNames(reason(facts), "libcuda.so.1", "driver", "--gpus all", "MMIB_CUDA_LIBRARIES");
    assertTrue(facts.contains("devices=0"), facts.toString());
  }

  @Test
  void saysWhatIsWrongWithTheDriver() throws Exception {
    assertNames(reasonWith("STUB_DRIVER", "11080"), "CUDA 11.8", "525");
    assertNames(reasonWith("STUB_INIT", "34"), "stub", "525");
    assertNames(reasonWith("STUB_INIT", "803"), "different versions", "restart");
    assertNames(reasonWith("STUB_INIT", "999"), "CUDA_ERROR_UNKNOWN (999)", "nvidia-smi");
  }

  @Test
  void saysThatThereIsNoGpu() throws Exception {
    assertNames(reasonWith("STUB_INIT", "100"), "no GPU", "nvidia-smi");
    assertNames(
        reasonWith("STUB_GPUS", "0", "CUDA_VISIBLE_DEVICES", "7"), "CUDA_VISIBLE_DEVICES is '7'");
  }

  @Test
  void refusesGpusThatAreTooOldEachByItself() throws Exception {
    assertNames(reasonWith("STUB_CAPABILITY", "75"), "Stub 0", "7.5", "8.0");
    var environment =
        Map.of(
            LibrarySearch.VARIABLE,
            Stubs.folders(stubs.complete(12)),
            "STUB_CAPABILITY",
            "75",
            "STUB_GPUS",
            "2");
    var facts = facts(environment, "0", "1");
    assertEquals("", reason(facts), facts.toString());
    assertTrue(facts.contains("load 1="), facts.toString());
    assertNames(facts.toString(), "GPU 0, Stub 0 has compute capability 7.5");
  }

  @Test
  void refusesLibrariesNewerThanTheDriver() throws Exception {
    var facts = facts(Map.of(LibrarySearch.VARIABLE, Stubs.folders(stubs.complete(13))));
    assertNames(reason(facts), "CUDA 13", "serves CUDA 12.4", "580", "found: driver");
    assertNames(reasonWith("STUB_CUDNN_CUDA", "13000"), "libcudnn.so.9 is for CUDA 13", "12.4");
    assertNames(reasonWith("STUB_CUDNN", "8907"), "cuDNN 9");
  }

  @Test
  void namesWhatIsDamaged() throws Exception {
    var libraries = stubs.complete(12);
    byte[] cut = Files.readAllBytes(libraries[1]);
    Files.write(libraries[1], Arrays.copyOf(cut, 300));
    var facts = facts(Map.of(LibrarySearch.VARIABLE, Stubs.folders(libraries)));
    assertNames(reason(facts), libraries[1].toString(), "mend");
    assertFalse(reason(facts).contains("\n"));
  }

  @Test
  void saysWhereNativesCannotBeUnpacked() throws Exception {
    var file = Files.createFile(folder.resolve("file"));
    var environment = Map.of(LibrarySearch.VARIABLE, Stubs.folders(stubs.complete(12)));
    var lines = LoadingProcess.facts(file, environment);
    assertNames(reason(lines), "cannot be unpacked", "-Djava.io.tmpdir");
  }

  @Test
  void saysWhatIsMissingOnTheClassPath() throws Exception {
    var environment = Map.of(LibrarySearch.VARIABLE, Stubs.folders(stubs.complete(12)));
    for (var jar : List.of("jcuda-natives-", "jcublas-natives-", "jcudnn-natives-")) {
      var lines = LoadingProcess.facts(classPathWithout(jar), temporary, environment);
      assertNames(reason(lines), jar.substring(0, jar.length() - 1), "linux-x86_64");
    }
    var lines = LoadingProcess.facts(classPathWithout("jcudnn-11"), temporary, environment);
    assertNames(reason(lines), "class path");
  }

  private static String classPathWithout(String jar) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !entry.contains(jar))
        .collect(Collectors.joining(File.pathSeparator));
  }
}
