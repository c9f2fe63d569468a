package dev.mmib.cuda.natives;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrarySearchTest {

  private static final String CUBLAS_12 = "libcublas.so.12";
  private static final String CUBLAS_13 = "libcublas.so.13";
  private static final String CUDNN = "libcudnn.so.9";

  @TempDir Path root;

  /** A file that begins as a library for x86-64 does. */
  private Path library(String path) throws IOException {
    byte[] header = new byte[Elf.HEADER_BYTES];
    byte[] start = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    System.arraycopy(start, 0, header, 0, start.length);
    header[18] = 62;
    var file = root.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.write(file, header);
  }

  private Optional<Path> find(Map<String, String> environment, String... names) {
    return new LibrarySearch(root, environment, null).find(names);
  }

  @Test
  void findsNothingWhereNothingIs() {
    assertEquals(Optional.empty(), find(Map.of(), CUBLAS_12, CUBLAS_13));
    assertEquals(
        Optional.empty(), find(Map.of("LD_LIBRARY_PATH", "::/nowhere:\0", "HOME", ""), CUBLAS_12));
  }

  @Test
  void prefers12ToAn13ThatComesFirst() throws IOException {
    var of13 = library("a/" + CUBLAS_13);
    var of12 = library("usr/local/cuda-12/lib64/" + CUBLAS_12);
    var environment = Map.of("LD_LIBRARY_PATH", Stubs.folders(of13));
    assertEquals(Optional.of(of12), find(environment, CUBLAS_12, CUBLAS_13));
    Files.delete(of12);
    assertEquals(Optional.of(of13), find(environment, CUBLAS_12, CUBLAS_13));
  }

  @Test
  void takesWhatTheUserNamesWhateverItsVersion() throws IOException {
    var named = library("named/" + CUBLAS_13);
    library("usr/lib64/" + CUBLAS_12);
    var folder = Stubs.folders(named);
    var variable = Map.of(LibrarySearch.VARIABLE, folder);
    assertEquals(Optional.of(named), find(variable, CUBLAS_12, CUBLAS_13));
    var file = Map.of(LibrarySearch.VARIABLE, root.resolve("empty") + File.pathSeparator + named);
    assertEquals(Optional.of(named), find(file, CUBLAS_12, CUBLAS_13));
    var elsewhere = library("other/" + CUBLAS_12);
    var property = new LibrarySearch(root, variable, Stubs.folders(elsewhere));
    assertEquals(Optional.of(elsewhere), property.find(CUBLAS_12, CUBLAS_13));
  }

  @Test
  void saysWhatTheUserNamedInVain() {
    assertTrue(new LibrarySearch(root, Map.of(), null).hint().contains("MMIB_CUDA_LIBRARIES"));
    assertTrue(new LibrarySearch(root, Map.of(), "/in/vain").hint().contains("[/in/vain]"));
  }

  @Test
  void looksInOrderAtPathToolkitSystemAndWheels() throws IOException {
    var wheel = library("usr/lib/python3.11/site-packages/nvidia/cudnn/lib/" + CUDNN);
    var environment =
        Map.of(
            "LD_LIBRARY_PATH", root.resolve("path").toString(),
            "CUDA_HOME", root.resolve("home").toString(),
            "CUDA_PATH", root.resolve("other").toString());
    assertEquals(Optional.of(wheel), find(environment, CUDNN));
    for (var better :
        new String[] {
          "run/opengl-driver/lib",
          "usr/lib64",
          "usr/lib/x86_64-linux-gnu",
          "usr/lib/wsl/lib",
          "usr/local/nvidia/lib64",
          "opt/cuda/lib64",
          "usr/local/cuda-12.9/targets/x86_64-linux/lib",
          "usr/local/cuda-12.10/lib64",
          "usr/local/cuda/lib64",
          "other/lib64",
          "home/lib64",
          "path"
        }) {
      var found = library(better + "/" + CUDNN);
      assertEquals(Optional.of(found), find(environment, CUDNN));
    }
  }

  @Test
  void findsTheWheelsOfEnvironmentsAndOfPythonOnThePath() throws IOException {
    var prefix = "lib/python3.12/site-packages/nvidia/cu13/lib/" + CUBLAS_13;
    var onPath = library("srv/env/" + prefix);
    Files.createDirectories(root.resolve("srv/env/bin"));
    var path = Map.of("PATH", root.resolve("srv/env/bin").toString());
    assertEquals(Optional.empty(), find(path, CUBLAS_13));
    Files.createFile(root.resolve("srv/env/bin/python3"));
    assertEquals(Optional.of(onPath), find(path, CUBLAS_13));

    var virtual = library("venv/" + prefix);
    var environment = Map.of("VIRTUAL_ENV", root.resolve("venv").toString());
    assertEquals(Optional.of(virtual), find(environment, CUBLAS_13));
    var conda = library("conda/lib/" + CUBLAS_13);
    assertEquals(Optional.of(conda), find(Map.of("CONDA_PREFIX", conda + "/../.."), CUBLAS_13));
    var user = library("home/.local/" + prefix);
    assertEquals(
        Optional.of(user), find(Map.of("HOME", root.resolve("home").toString()), CUBLAS_13));
    var optional = library("opt/torch/.venv/" + prefix);
    assertEquals(Optional.of(optional), find(Map.of(), CUBLAS_13));
    var debian = library("usr/lib/python3/dist-packages/nvidia/cublas/lib/" + CUBLAS_13);
    assertEquals(Optional.of(debian), find(Map.of(), CUBLAS_13));
    var site = library("site/nvidia/cublas/lib/" + CUBLAS_12);
    assertEquals(
        Optional.of(site), find(Map.of("PYTHONPATH", root.resolve("site").toString()), CUBLAS_12));
  }

  @Test
  void readsTheFoldersOfTheLinker() throws IOException {
    Files.createDirectories(root.resolve("etc/ld.so.conf.d"));
    Files.writeString(root.resolve("etc/ld.so.conf"), "include ld.so.conf.d/*.conf\n");
    Files.writeString(
        root.resolve("etc/ld.so.conf.d/nvidia.conf"), "# driver\n/drivers/lib # here\n");
    Files.writeString(
        root.resolve("etc/ld.so.conf.d/loop.conf"), "include /etc/ld.so.conf\ninclude [\n/\0\n");
    var driver = library("drivers/lib/libcuda.so.1");
    assertEquals(Optional.of(driver), find(Map.of(), "libcuda.so.1"));
  }

  @Test
  void passesOverWhatIsNoLibraryForThisProcessor() throws IOException {
    var older = library("usr/local/cuda/lib64/" + CUDNN);
    byte[] header = Files.readAllBytes(older);
    header[4] = 1; // 32 bits
    Files.write(older, header);
    var text = root.resolve("usr/local/cuda/lib/" + CUDNN);
    Files.createDirectories(text.getParent());
    Files.writeString(text, "a pointer to large file storage");
    assertEquals(Optional.empty(), find(Map.of(), CUDNN));
    Files.createDirectories(root.resolve("usr/lib64").resolve(CUDNN));
    var found = library("usr/lib/" + CUDNN);
    assertEquals(Optional.of(found), find(Map.of(), CUDNN));
  }

  @Test
  void doesNotLookIntoTheWorkingFolder() {
    var relative = Map.of("LD_LIBRARY_PATH", "src:.", "PYTHONPATH", ".", "CUDA_HOME", ".");
    for (var folder : new LibrarySearch(root, relative, null).folders()) {
      assertTrue(folder.isAbsolute(), folder.toString());
      assertFalse(folder.startsWith(Path.of("").toAbsolutePath()), folder.toString());
    }
  }
}
