package dev.mmib.cuda.natives;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jcuda.jcudnn.JCudnn;

/**
 * cuDNN 9, loaded under JCuda.
 *
 * @param library where it lies
 * @param version such as {@code 9.19.0}
 */
record Cudnn(Path library, String version) {

  private static final String SONAME = "libcudnn.so.9";

  /** What convolutions need of the parts that libcudnn.so.9 opens by name when first used. */
  private static final List<String> NEEDED_PARTS =
      List.of("libcudnn_graph.so.9", "libcudnn_ops.so.9", "libcudnn_cnn.so.9");

  /** Finds and loads it, with its parts. */
  static Cudnn load(LibrarySearch search, Driver driver, JCudaNatives natives)
      throws IOException, Unavailable {
    var library =
        search
            .find(SONAME)
            .orElseThrow(
                () ->
                    new Unavailable(
                        "no cuDNN 9 ("
                            + SONAME
                            + " is not found); install it from NVIDIA, or by `pip install"
                            + " nvidia-cudnn-cu"
                            + Math.min(driver.version() / 1000, 13)
                            + "`"
                            + search.hint()));
    Libraries.load(library, "cuDNN");
    loadParts(library);
    natives.load("jcuda.jcudnn.JCudnn");
    JCudnn.setExceptionsEnabled(false); // its own table of statuses is that of cuDNN 8
    long version = JCudnn.cudnnGetVersion();
    if (version < 90000) {
      throw new Unavailable(
          library + " is cuDNN of version number " + version + "; install cuDNN 9");
    }
    long cuda = JCudnn.cudnnGetCudartVersion() / 1000;
    if (cuda > driver.version() / 1000) {
      throw new Unavailable(
          library
              + " is for CUDA "
              + cuda
              + " and the NVIDIA driver serves CUDA "
              + driver.cuda()
              + "; install a newer driver, or cuDNN 9 for CUDA 12");
    }
    loadRuntimeCompiler(search, cuda);
    return new Cudnn(library, version / 10000 + "." + version / 100 % 100 + "." + version % 100);
  }

  private static void loadParts(Path library) throws Unavailable {
    var parts = Libraries.beside(library, "libcudnn_*.so.9", NEEDED_PARTS);
    for (var failure : Libraries.loadWhatLoads(parts).entrySet()) {
      var part = String.valueOf(failure.getKey().getFileName());
      if (NEEDED_PARTS.contains(part)) {
        throw new Unavailable(Libraries.doesNotLoad("cuDNN's " + part, failure.getValue()));
      }
    }
  }

  /** Some of cuDNN's engines compile kernels by NVRTC, which in turn opens its builtins by name. */
  private static void loadRuntimeCompiler(LibrarySearch search, long cuda) {
    search
        .find("libnvrtc.so." + cuda)
        .ifPresent(
            compiler ->
                Libraries.loadWhatLoads(
                    Libraries.beside(
                        compiler,
                        "libnvrtc-builtins.so." + cuda + ".*",
                        List.of("libnvrtc.so." + cuda))));
  }
}
