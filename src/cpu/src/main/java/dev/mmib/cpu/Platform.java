package dev.mmib.cpu;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/**
 * The system that natives must fit: {@code linux-x86_64}, {@code macosx-arm64} and so on.
 *
 * @param name as JavaCPP and the classifiers of its artifacts spell it
 * @param musl whether the C library is musl, as on Alpine, which the natives are not built for
 */
public record Platform(String name, boolean musl) {

  /** This machine. */
  public static Platform current() {
    return new Platform(Loader.getPlatform(), hasMusl(Path.of("/lib")));
  }

  /** Whether {@code lib} is that of a musl system: it has musl's dynamic linker. */
  static boolean hasMusl(Path lib) {
    if (!Files.isDirectory(lib)) {
      return false;
    }
    try (DirectoryStream<Path> linkers = Files.newDirectoryStream(lib, "ld-musl-*")) {
      return linkers.iterator().hasNext() && !hasGlibc(lib);
    } catch (IOException e) {
      return false; // unreadable: loading the natives will tell
    }
  }

  /** Debian offers musl as a package beside its own glibc: then the linker of both is there. */
  private static boolean hasGlibc(Path lib) {
    Path lib64 = lib.resolveSibling("lib64");
    return Files.exists(lib64.resolve("ld-linux-x86-64.so.2"))
        || Files.exists(lib.resolve("ld-linux-aarch64.so.1"));
  }

  /** The file name of a library here: {@code jnidnnl} becomes {@code libjnidnnl.so}. */
  public String libraryFile(String library) {
    if (name.startsWith("windows")) {
      return library + ".dll";
    }
    return "lib" + library + (name.startsWith("macosx") ? ".dylib" : ".so");
  }

  /**
   * Why the natives of a JavaCPP artifact are not to be had, with the cure, or empty.
   *
   * @param artifact such as {@code org.bytedeco:dnnl:3.11-1.5.13}
   * @param resourceFolder the folder in its jar that holds a folder per platform
   * @param library its JNI library
   */
  public Optional<String> missing(
      ClassLoader loader, String artifact, String resourceFolder, String library) {
    if (musl) {
      return Optional.of(
          "the C library of this system is musl (Alpine) and "
              + artifact
              + " is built for glibc; use an image with glibc, such as Debian or Ubuntu, or the"
              + " device java");
    }
    String resource = resourceFolder + "/" + name + "/" + libraryFile(library);
    if (loader.getResource(resource) == null) {
      return Optional.of(
          "no natives for "
              + name
              + " on the class path ("
              + resource
              + "); add the dependency "
              + artifact
              + " with the classifier "
              + name
              + ", or build with -Djavacpp.platform="
              + name);
    }
    return Optional.empty();
  }

  /** What a failed load means and what helps, for {@code unavailableBecause}. */
  public String loadFailure(String what, Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return what
        + " does not load on "
        + name
        + ": "
        + deepest
        + "; natives are unpacked into ~/.javacpp/cache: if that cannot be written or lacks space,"
        + " name another folder by -Dorg.bytedeco.javacpp.cachedir=";
  }
}
