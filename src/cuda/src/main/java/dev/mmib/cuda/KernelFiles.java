package dev.mmib.cuda;

import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;

/** The PTX made from {@code kernels/*.cu}, compiled by the driver for the GPU at hand. */
final class KernelFiles implements AutoCloseable {

  private record Loaded(CUmodule module, Map<String, Signature> signatures) {}

  private final CudaStream stream;
  private final KernelArgs args;
  private final Map<String, Loaded> files = new HashMap<>();
  private int kernels;

  KernelFiles(CudaStream stream, KernelArgs args) {
    this.stream = stream;
    this.args = args;
  }

  /**
   * The kernel {@code name} of {@code kernels/file.cu}. It is compiled when it is launched first:
   * the driver takes about a second for a file that it has not in its own cache.
   */
  Kernel kernel(String file, String name) {
    return new Kernel(stream, args, () -> compile(file, name), kernels++);
  }

  private Kernel.Compiled compile(String file, String name) {
    var loaded = files.computeIfAbsent(file, this::load);
    var signature = loaded.signatures().get(name);
    if (signature == null) {
      throw new IllegalArgumentException("kernel: none of the name " + name + " in " + file);
    }
    var function = new CUfunction();
    Driver.check(cuModuleGetFunction(function, loaded.module(), name), "cuModuleGetFunction");
    return new Kernel.Compiled(function, signature);
  }

  private Loaded load(String file) {
    var ptx = read(file);
    stream.enter();
    var module = new CUmodule();
    int status = cuModuleLoadData(module, ptx); // this overload appends the NUL
    if (status != Driver.SUCCESS) {
      throw MmibException.of(
          ErrorCode.DEVICE,
          "cuda: the kernels of " + file + " do not load: " + Driver.name(status),
          "A driver from 525 on and a GPU of compute capability 8.0 or more are needed; this one is "
              + stream.context().name()
              + ".");
    }
    return new Loaded(module, Signature.of(ptx));
  }

  private static String read(String file) {
    var resource = "ptx/" + file + ".ptx";
    try (var in = KernelFiles.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException("kernel: no file " + resource + " on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }

  @Override
  public void close() {
    for (var loaded : files.values()) {
      Driver.check(cuModuleUnload(loaded.module()), "cuModuleUnload");
    }
  }
}
