package dev.mmib.cuda.natives;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class JCudaNativesTest {

  @Test
  void unpacksWhereOnlyTheOwnerMayLook() throws Exception {
    var natives = new JCudaNatives();
    try (natives) {
      var permissions = Files.getPosixFilePermissions(natives.folder());
      assertEquals("rwx------", PosixFilePermissions.toString(permissions));
      assertTrue(natives.folder().isAbsolute());
    }
    assertFalse(Files.exists(natives.folder()));
  }

  @Test
  void restoresTheFolderOfOthersAlsoWhenLoadingFails() throws Exception {
    var before = System.getProperty("java.io.tmpdir");
    try (var natives = new JCudaNatives()) {
      // JCusparse is not among the dependencies: neither its class nor its native.
      var thrown = assertThrows(Unavailable.class, () -> natives.load("jcuda.jcusparse.JCusparse"));
      assertTrue(
          String.valueOf(thrown.getMessage()).contains("libJCusparse-12.6.0"), thrown.getMessage());
      try (var left = Files.list(natives.folder())) {
        assertEquals(0, left.count());
      }
    }
    assertEquals(before, System.getProperty("java.io.tmpdir"));
  }

  @Test
  void saysWhatTheLinkerMisses() throws Exception {
    try (var natives = new JCudaNatives()) {
      // NVRTC 12 is not loaded; its class is not used elsewhere, so it may fail to initialise.
      if (LibrarySearch.here().find("libnvrtc.so.12").isPresent()) {
        System.out.println("SKIPPED what the linker misses: libnvrtc.so.12 is there");
        return;
      }
      var thrown = assertThrows(Unavailable.class, () -> natives.load("jcuda.nvrtc.JNvrtc"));
      assertTrue(
          String.valueOf(thrown.getMessage()).contains("libnvrtc.so.12: cannot open"),
          thrown.getMessage());
      assertFalse(String.valueOf(thrown.getMessage()).contains("\n"), thrown.getMessage());
    }
  }
}
