package dev.mmib.nd4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A build of ND4J's natives, which differ in what they need and in whether they contain oneDNN.
 *
 * <p>Declared from the best to the plainest. The ones with oneDNN choose its kernels by the CPU
 * when they run, whatever they were compiled for.
 */
enum Variant {
  ONEDNN_AVX512("-onednn-avx512", Set.of("avx512f", "avx512bw", "avx512dq", "avx512vl")),
  ONEDNN_AVX2("-onednn-avx2", Set.of("avx2", "fma")),
  ONEDNN("-onednn", Set.of()),
  AVX512("-avx512", Set.of("avx512f", "avx512bw", "avx512dq", "avx512vl")),
  AVX2("-avx2", Set.of("avx2", "fma")),
  PLAIN("", Set.of());

  private final String suffix;
  private final Set<String> needs;

  Variant(String suffix, Set<String> needs) {
    this.suffix = suffix;
    this.needs = needs;
  }

  /** What follows the platform in the classifier. */
  String suffix() {
    return suffix;
  }

  boolean hasOneDnn() {
    return suffix.startsWith("-onednn");
  }

  /** What of its needs {@code cpu} does not have. */
  List<String> lackingOn(Set<String> cpu) {
    return needs.stream().filter(flag -> !cpu.contains(flag)).sorted().toList();
  }

  /** The instruction sets of this CPU as Linux names them; elsewhere none are known. */
  static Set<String> instructionSets() {
    return instructionSets(Path.of("/proc/cpuinfo"));
  }

  static Set<String> instructionSets(Path cpuinfo) {
    if (!Files.isReadable(cpuinfo)) {
      return Set.of();
    }
    try (var lines = Files.lines(cpuinfo)) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> Set.of(line.substring(line.indexOf(':') + 1).trim().split("\\s+")))
          .orElse(Set.of());
    } catch (IOException e) {
      return Set.of(); // the plain variants remain
    }
  }
}
