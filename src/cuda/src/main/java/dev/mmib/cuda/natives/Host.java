package dev.mmib.cuda.natives;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The system that JCuda's natives must fit: Linux on x86-64 with glibc.
 *
 * @param os as Java spells it, {@code Linux}
 * @param arch as Java spells it, {@code amd64}
 * @param musl whether the C library is musl, as on Alpine
 */
record Host(String os, String arch, boolean musl) {

  /** This machine. */
  static Host here() {
    return new Host(
        System.getProperty("os.name", "?"),
        System.getProperty("os.arch", "?"),
        hasMusl(Path.of("/lib")));
  }

  /** Why nothing can be loaded on it, with the cure, or empty. */
  Optional<String> unfit() {
    if (!os.equals("Linux") || !(arch.equals("amd64") || arch.equals("x86_64"))) {
      return Optional.of(
          "the GPU backend runs on Linux on x86-64, and this is "
              + os
              + " on "
              + arch
              + "; use the device cpu or java");
    }
    if (musl) {
      return Optional.of(
          "the C library of this system is musl (Alpine), and NVIDIA's libraries are built for"
              + " glibc; use an image with glibc, such as Debian or Ubuntu");
    }
    return Optional.empty();
  }

  /**
   * Whether {@code lib} has musl's dynamic linker and not glibc's, which Debian may have beside.
   */
  static boolean hasMusl(Path lib) {
    if (!Files.isDirectory(lib)) {
      return false;
    }
    try (DirectoryStream<Path> linkers = Files.newDirectoryStream(lib, "ld-musl-*")) {
      var glibc = lib.resolveSibling("lib64").resolve("ld-linux-x86-64.so.2");
      return linkers.iterator().hasNext() && !Files.exists(glibc);
    } catch (IOException e) {
      return false; // unreadable: loading will tell
    }
  }
}
