package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.BackendProvider;
import dev.mmib.backend.Device;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuProviderTest {

  @Test
  void isFoundByName() {
    try (var cpu = Device.of("cpu").withThreads(2).open()) {
      assertEquals("cpu", cpu.name());
      assertTrue(cpu.description().startsWith("oneDNN 3."), cpu.description());
      assertTrue(cpu.description().endsWith(", 2 threads"), cpu.description());
    }
  }

  @Test
  void tellsVersions() {
    var versions = new CpuProvider().versions();
    assertTrue(versions.getOrDefault("oneDNN", "").startsWith("3."), versions.toString());
    assertFalse(versions.getOrDefault("oneDNN instructions", "").isEmpty());
  }

  @Test
  void tellsWhatToDoAboutMissingNatives() throws Exception {
    String reason = reasonWithout(path -> path.contains("dnnl-") && path.contains("x86_64"));
    assertTrue(reason.contains("no natives for "), reason);
    assertTrue(reason.contains("org.bytedeco:dnnl:3.11-1.5.13"), reason);
    assertTrue(reason.contains("-Djavacpp.platform="), reason);
  }

  @Test
  void tellsThatTheNativesOfOpenClAreNeededToo() throws Exception {
    String reason = reasonWithout(path -> path.contains("opencl-") && path.contains("x86_64"));
    assertTrue(reason.contains("org.bytedeco:opencl:3.0-1.5.13"), reason);
  }

  @Test
  void tellsThatJavaCppIsMissing() throws Exception {
    String reason = reasonWithout(path -> path.contains("javacpp"));
    assertTrue(reason.contains("org.bytedeco:javacpp:1.5.13"), reason);
  }

  @Test
  void tellsThatTheJavaSideOfOneDnnIsMissing() throws Exception {
    String reason = reasonWithout(path -> path.endsWith("dnnl-3.11-1.5.13.jar"));
    assertTrue(reason.contains("oneDNN does not load"), reason);
  }

  /** What a provider says whose class path lacks some jars; its classes are loaded anew. */
  private static String reasonWithout(Predicate<String> left) throws Exception {
    var urls = new ArrayList<URL>();
    for (var entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
      if (!left.test(entry)) {
        urls.add(Path.of(entry).toUri().toURL());
      }
    }
    try (var loader =
        new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Object provider =
          loader.loadClass(CpuProvider.class.getName()).getDeclaredConstructor().newInstance();
      var method = provider.getClass().getMethod("unavailableBecause");
      var reason = (Optional<?>) method.invoke(provider);
      return (String) reason.orElseThrow();
    }
  }

  @Test
  void knowsMuslByItsLinker(@TempDir Path root) throws IOException {
    Path lib = Files.createDirectory(root.resolve("lib"));
    assertFalse(Platform.hasMusl(lib));
    Files.createFile(lib.resolve("ld-musl-x86_64.so.1"));
    assertTrue(Platform.hasMusl(lib));
    String reason =
        new Platform("linux-x86_64", true)
            .missing(getClass().getClassLoader(), "a:b:1", "org/bytedeco/dnnl", "jnidnnl")
            .orElseThrow();
    assertTrue(reason.contains("musl"), reason);
    assertTrue(reason.contains("Debian"), reason);
    // Debian's package of musl lies beside a glibc that works.
    Path lib64 = Files.createDirectory(root.resolve("lib64"));
    Files.createFile(lib64.resolve("ld-linux-x86-64.so.2"));
    assertFalse(Platform.hasMusl(lib));
  }

  @Test
  void namesLibrariesAsTheSystemDoes() {
    assertEquals("libjnidnnl.so", new Platform("linux-arm64", false).libraryFile("jnidnnl"));
    assertEquals("libjnidnnl.dylib", new Platform("macosx-arm64", false).libraryFile("jnidnnl"));
    assertEquals("jnidnnl.dll", new Platform("windows-x86_64", false).libraryFile("jnidnnl"));
  }

  @Test
  void isAProviderWithAName() {
    BackendProvider provider = new CpuProvider();
    assertEquals("cpu", provider.name());
    assertEquals(Optional.empty(), provider.unavailableBecause());
  }
}
