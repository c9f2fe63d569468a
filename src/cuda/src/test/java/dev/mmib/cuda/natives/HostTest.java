package dev.mmib.cuda.natives;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostTest {

  @TempDir Path root;

  @Test
  void fitsLinuxOnX8664Only() {
    assertEquals(Optional.empty(), new Host("Linux", "amd64", false).unfit());
    for (var other :
        new Host[] {
          new Host("Linux", "aarch64", false),
          new Host("Mac OS X", "x86_64", false),
          new Host("Windows 11", "amd64", false)
        }) {
      var reason = other.unfit().orElseThrow();
      assertTrue(reason.contains(other.os()) && reason.contains(other.arch()), reason);
      assertTrue(reason.contains("device cpu"), reason);
    }
  }

  @Test
  void namesMusl() {
    assertTrue(new Host("Linux", "amd64", true).unfit().orElseThrow().contains("musl"));
  }

  @Test
  void tellsMuslByItsLinkerWhereGlibcsIsNotThere() throws IOException {
    var lib = Files.createDirectory(root.resolve("lib"));
    assertFalse(Host.hasMusl(lib));
    assertFalse(Host.hasMusl(root.resolve("none")));
    Files.createFile(lib.resolve("ld-musl-x86_64.so.1"));
    assertTrue(Host.hasMusl(lib));
    Files.createDirectory(root.resolve("lib64"));
    Files.createFile(root.resolve("lib64/ld-linux-x86-64.so.2"));
    assertFalse(Host.hasMusl(lib));
  }
}
