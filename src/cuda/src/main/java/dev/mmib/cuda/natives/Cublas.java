package dev.mmib.cuda.natives;

import java.io.IOException;
import java.nio.file.Path;
import jcuda.jcublas.JCublas2;

/**
 * cuBLAS of CUDA 12 or 13, loaded under JCuda.
 *
 * @param library where it lies
 * @param version such as {@code 12.6.4}
 */
record Cublas(Path library, String version) {

  private static final String OF_12 = "libcublas.so.12";
  private static final String OF_13 = "libcublas.so.13";

  /** Finds and loads it. */
  static Cublas load(LibrarySearch search, Driver driver, JCudaNatives natives)
      throws IOException, Unavailable {
    var library =
        search
            .find(OF_12, OF_13)
            .orElseThrow(
                () ->
                    new Unavailable(
                        "no cuBLAS ("
                            + OF_12
                            + " or .13 is not found); install CUDA "
                            + newestServed(driver)
                            + ", or `pip install nvidia-cublas"
                            + (newestServed(driver) == 12 ? "-cu12`" : "`")
                            + search.hint()));
    boolean is13 = String.valueOf(library.getFileName()).startsWith(OF_13);
    int cuda = is13 ? 13 : 12;
    if (driver.version() < cuda * 1000) {
      throw new Unavailable(
          library
              + " is for CUDA "
              + cuda
              + " and the NVIDIA driver serves CUDA "
              + driver.cuda()
              + "; install driver 580 or newer, or cuBLAS of CUDA 12");
    }
    var light = Libraries.beside(library, "libcublasLt.so." + cuda, search);
    if (light.isPresent()) {
      Libraries.load(light.get(), "cuBLAS's libcublasLt");
    }
    Libraries.load(library, "cuBLAS");
    natives.load("jcuda.jcublas.JCublas2", is13 ? Cublas::retarget : image -> {});
    JCublas2.setExceptionsEnabled(false);
    return new Cublas(library, property(0) + "." + property(1) + "." + property(2));
  }

  private static int newestServed(Driver driver) {
    return driver.version() >= 13000 ? 13 : 12;
  }

  /** JCuda's native asks for cuBLAS 12: {@link SonameRetarget} says what is changed and why. */
  static void retarget(byte[] image) throws Unavailable {
    var expected = new SonameRetarget.Changes(1, 1);
    SonameRetarget.Changes changes;
    try {
      changes = SonameRetarget.retarget(image, OF_12, OF_13);
    } catch (IllegalArgumentException e) {
      throw new Unavailable(
          "JCuda's native for cuBLAS is not as published (" + e.getMessage() + "); fetch it anew",
          e);
    }
    if (!changes.equals(expected)) {
      throw new Unavailable(
          "JCuda's native for cuBLAS is not as published ("
              + changes
              + " vs "
              + expected
              + "); fetch it anew, or install cuBLAS of CUDA 12");
    }
  }

  /** A {@code libraryPropertyType}: 0, 1, 2 are major, minor, patch. No device is touched. */
  private static int property(int type) throws Unavailable {
    int[] value = {0};
    int status = JCublas2.cublasGetProperty(type, value);
    if (status != 0) {
      throw new Unavailable(
          "cuBLAS does not tell its version, status " + status + "; install it anew");
    }
    return value[0];
  }
}
