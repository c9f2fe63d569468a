package dev.mmib.nd4j;

import dev.mmib.cpu.OffHeapMemory;
import dev.mmib.cpu.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * Which variant of ND4J's natives is used, and the loading of it.
 *
 * @param variant the best one that is on the class path and that the CPU can run, or null
 * @param problem why there is none, with the cure, or null
 */
record Natives(@Nullable Variant variant, @Nullable String problem) {

  private static final String FOLDER = "org/nd4j/linalg/cpu/nativecpu/bindings";
  private static final String EXTENSION = "platform.extension";

  /** Looks at the class path of {@code loader} and at this CPU. */
  static Natives find(ClassLoader loader) {
    return find(Platform.current(), Variant.instructionSets(), resource -> has(loader, resource));
  }

  private static boolean has(ClassLoader loader, String resource) {
    return loader.getResource(resource) != null;
  }

  /** Tells whether a resource is on the class path. */
  interface ClassPath {
    boolean has(String resource);
  }

  static Natives find(Platform here, Set<String> cpu, ClassPath classPath) {
    if (here.musl()) {
      return new Natives(
          null,
          "the C library of this system is musl (Alpine) and ND4J's natives are built for glibc;"
              + " use an image with glibc, such as Debian or Ubuntu, or the device java");
    }
    String library = here.libraryFile("jnind4jcpu");
    List<String> unfit = new ArrayList<>();
    for (Variant variant : Variant.values()) {
      String platform = here.name() + variant.suffix();
      if (classPath.has(FOLDER + "/" + platform + "/" + library)) {
        List<String> lacking = variant.lackingOn(cpu);
        if (lacking.isEmpty()) {
          return new Natives(variant, null);
        }
        unfit.add(platform + " needs " + String.join(", ", lacking));
      }
    }
    String artifact = "org.nd4j:nd4j-native:1.0.0-M2.1";
    if (unfit.isEmpty()) {
      return new Natives(
          null,
          "no natives of ND4J for "
              + here.name()
              + " on the class path; add the dependency "
              + artifact
              + " with the classifier "
              + here.name()
              + "-onednn or "
              + here.name()
              + ", or build with -Djavacpp.platform="
              + here.name()
              + " -Dnd4j.platform="
              + here.name());
    }
    return new Natives(
        null,
        "this CPU is not known to have what ND4J's natives on the class path need ("
            + String.join("; ", unfit)
            + "); use "
            + artifact
            + " with the classifier "
            + here.name()
            + "-onednn, which runs anywhere");
  }

  /** Why ND4J cannot run, with the cure, or empty once it is loaded. */
  static synchronized Optional<String> load() {
    Natives found = find(Natives.class.getClassLoader());
    Variant variant = found.variant();
    if (variant == null) {
      return Optional.ofNullable(found.problem());
    }
    try {
      load(variant);
      return Optional.empty();
    } catch (LinkageError | ClassNotFoundException e) {
      return Optional.of(Platform.current().loadFailure("ND4J " + variant.suffix(), e));
    }
  }

  /**
   * JavaCPP looks for a variant where its properties say so. They are shared by all libraries of
   * the process and are put back as they were.
   */
  private static void load(Variant variant) throws ClassNotFoundException {
    OffHeapMemory.liftJavaCppLimits();
    if (System.getProperty("org.nd4j.log.initialization") == null) {
      System.setProperty("org.nd4j.log.initialization", "false");
    }
    Properties properties = Loader.loadProperties();
    Object before = properties.setProperty(EXTENSION, variant.suffix());
    try {
      Class.forName("org.nd4j.linalg.cpu.nativecpu.bindings.Nd4jCpu");
      Nd4jArrays.start();
    } finally {
      if (before == null) {
        properties.remove(EXTENSION);
      } else {
        properties.put(EXTENSION, before);
      }
    }
  }
}
