package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.mmib.cuda.natives.PtxCompiler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The PTX in the jar: made of the kernels beside it, and fit for every GPU since Ampere. */
class PtxTest {

  private static final Path KERNELS = Path.of(System.getProperty("mmib.root", "."), "kernels");
  private static final Path PTX =
      KERNELS.resolveSibling("src/cuda/src/main/resources/dev/mmib/cuda/ptx");
  private static final String CURE = "; run kernels/build.sh where there is nvcc";

  private static final List<String> ARCHITECTURES = List.of("sm_80", "sm_86", "sm_89", "sm_90");
  private static final int REGISTERS_OF_A_BLOCK = 65_536;
  private static final int SHARED_BYTES_WITHOUT_ASKING = 48 << 10;
  private static final int LARGEST_BLOCK = 1024;

  /** Kernels that may spill, each as "name architecture", with the bytes and the reason. */
  private static final Map<String, Integer> MAY_SPILL =
      Map.of(
          // Its one block of 1024 threads leaves 64 registers each; newer compilers need but 32.
          "scatter_sort sm_90", 40);

  private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+(\\w+)\\(([^)]*)\\)([^{]*)\\{");
  private static final Pattern BOUNDS =
      Pattern.compile("\\.maxntid\\s+(\\d+)(?:,\\s*(\\d+))?(?:,\\s*(\\d+))?");

  @Test
  void everyKernelFileHasThePtxOfItsPresentSources() throws Exception {
    var changed = new TreeSet<>(present().entrySet().stream().map(Object::toString).toList());
    changed.removeAll(recorded().entrySet().stream().map(Object::toString).toList());
    assertEquals(Set.of(), changed, "changed since the PTX was made" + CURE);
    assertEquals(present().keySet(), recorded().keySet(), "no longer there" + CURE);
    var kernels = names(KERNELS, ".cu");
    assertTrue(kernels.size() > 0);
    assertEquals(kernels, names(PTX, ".ptx"), "files of kernels and of PTX" + CURE);
  }

  @Test
  void oneCompilerMadeThemAllForDriver525() throws IOException {
    var heads = new TreeSet<String>();
    for (var name : names(PTX, ".ptx")) {
      var ptx = read(name);
      heads.add(
          ptx.lines()
              .filter(line -> line.matches("// Cuda compilation tools.*|\\.(version|target).*"))
              .collect(Collectors.joining(" ")));
      assertTrue(!ptx.contains("/" + "kernels/") && !ptx.contains(".file"), name + " has paths");
    }
    assertEquals(1, heads.size(), heads.toString());
    assertTrue(heads.first().endsWith(".version 8.0 .target sm_80"), heads.first());
  }

  @Test
  void nvccMakesThemAgainByteByByte() throws Exception {
    var build = KERNELS.resolve("build.sh").toString();
    Process process;
    try {
      process = new ProcessBuilder("sh", build, "--check").redirectErrorStream(true).start();
    } catch (IOException e) {
      skip("no shell to run kernels/build.sh: " + e.getMessage());
      return;
    }
    String output;
    try (var reader = process.inputReader()) {
      output = reader.lines().collect(Collectors.joining("\n"));
    }
    int status = process.waitFor();
    if (status == 77) {
      skip("comparing the PTX: " + output);
    }
    assertEquals(0, status, output);
  }

  @TestFactory
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  Stream<DynamicTest> fitsEveryGpuSinceAmpere() throws IOException {
    PtxCompiler.load();
    var tests = new ArrayList<DynamicTest>();
    for (var name : names(PTX, ".ptx")) {
      var ptx = read(name);
      for (var architecture : ARCHITECTURES) {
        var uses = CompletableFuture.supplyAsync(() -> PtxCompiler.compile(ptx, architecture));
        tests.add(
            dynamicTest(
                name + " on " + architecture,
                () -> assertFits(largestBlocks(ptx), architecture, uses.get())));
      }
    }
    return tests.stream();
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void noticesWhatIsNewerThanTheOldestDriver() throws IOException {
    PtxCompiler.load();
    var newer = read(names(PTX, ".ptx").get(0)).replace(".version 8.0", ".version 9.0");
    var thrown =
        assertThrows(IllegalArgumentException.class, () -> PtxCompiler.compile(newer, "sm_80"));
    assertTrue(String.valueOf(thrown.getMessage()).contains("9.0"), thrown.getMessage());
  }

  private static void assertFits(
      Map<String, Integer> threads, String architecture, List<PtxCompiler.Use> uses) {
    var misfits = new ArrayList<String>();
    for (var use : uses) {
      var kernel = use.kernel();
      int allowed = MAY_SPILL.getOrDefault(kernel + " " + architecture, 0);
      if (use.spilledBytes() > allowed) {
        misfits.add(kernel + " spills " + use.spilledBytes() + " bytes vs " + allowed);
      }
      if (use.sharedBytes() > SHARED_BYTES_WITHOUT_ASKING) {
        misfits.add(kernel + " takes " + use.sharedBytes() + " bytes of static shared memory");
      }
      int block = threads.getOrDefault(kernel, 0);
      int perThread = (use.registers() + 7) / 8 * 8; // given out by 8
      if (block * perThread > REGISTERS_OF_A_BLOCK) {
        misfits.add(
            kernel
                + " takes "
                + use.registers()
                + " registers, too many for blocks of "
                + block
                + " threads: state its __launch_bounds__");
      }
    }
    assertEquals(List.of(), misfits);
    assertEquals(
        threads.keySet(),
        uses.stream().map(PtxCompiler.Use::kernel).collect(Collectors.toSet()),
        "kernels in the PTX and in the compiler's log");
  }

  /** How many threads a block of each kernel may have: its launch bounds, else the GPU's. */
  private static Map<String, Integer> largestBlocks(String ptx) {
    var blocks = new HashMap<String, Integer>();
    var entry = ENTRY.matcher(ptx);
    while (entry.find()) {
      var bounds = BOUNDS.matcher(entry.group(3));
      int threads = LARGEST_BLOCK;
      if (bounds.find()) {
        threads = Integer.parseInt(bounds.group(1));
        for (int i = 2; i <= 3; i++) {
          threads *= bounds.group(i) == null ? 1 : Integer.parseInt(bounds.group(i));
        }
      }
      blocks.put(entry.group(1), threads);
    }
    return blocks;
  }

  private static String read(String name) throws IOException {
    return Files.readString(PTX.resolve(name + ".ptx"));
  }

  /** The names of the files with this ending, without it. */
  private static List<String> names(Path folder, String ending) throws IOException {
    try (var files = Files.list(folder)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(file -> file.endsWith(ending))
          .map(file -> file.substring(0, file.length() - ending.length()))
          .sorted()
          .toList();
    }
  }

  /** The digest of each source that nvcc reads. */
  private static Map<String, String> present() throws Exception {
    var digests = new TreeMap<String, String>();
    for (var ending : List.of(".cu", ".cuh")) {
      for (var name : names(KERNELS, ending)) {
        var sha = MessageDigest.getInstance("SHA-256");
        byte[] digest = sha.digest(Files.readAllBytes(KERNELS.resolve(name + ending)));
        digests.put(name + ending, HexFormat.of().formatHex(digest));
      }
    }
    return digests;
  }

  /** What {@code kernels/build.sh} wrote down, a digest and a name a line. */
  private static Map<String, String> recorded() throws IOException {
    try (var lines = Files.lines(PTX.resolve("sources.sha256"))) {
      return lines
          .map(line -> line.split("  ", 2))
          .collect(Collectors.toMap(part -> part[1], part -> part[0], (a, b) -> b, TreeMap::new));
    }
  }

  private static void skip(String why) {
    System.out.println("SKIPPED " + why);
    Assumptions.abort(why);
  }
}
