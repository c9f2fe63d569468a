package dev.mmib.cpu;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendProvider;
import dev.mmib.backend.Device;
import dev.mmib.backend.Precision;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.dnnl.global.dnnl;

/** Offers {@code cpu} wherever oneDNN's natives load. */
public final class CpuProvider implements BackendProvider {

  private static final String ARTIFACT = "org.bytedeco:dnnl:3.11-1.5.13";
  private static final String OPENCL_ARTIFACT = "org.bytedeco:opencl:3.0-1.5.13";

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Optional<String> unavailableBecause() {
    try {
      ClassLoader loader = CpuProvider.class.getClassLoader();
      Platform here = Platform.current();
      return here.missing(loader, ARTIFACT, "org/bytedeco/dnnl", "jnidnnl")
          .or(() -> here.missing(loader, OPENCL_ARTIFACT, "org/bytedeco/opencl", "jniOpenCL"))
          .or(() -> loadFailure(here));
    } catch (LinkageError e) {
      return Optional.of(
          "JavaCPP is not usable (" + e + "); put org.bytedeco:javacpp:1.5.13 on the class path");
    }
  }

  private static Optional<String> loadFailure(Platform here) {
    try {
      OneDnn.version();
      return Optional.empty();
    } catch (LinkageError e) {
      return Optional.of(here.loadFailure("oneDNN", e));
    }
  }

  @Override
  public Map<String, String> versions() {
    var versions = new TreeMap<String, String>();
    if (unavailableBecause().isEmpty()) {
      versions.put("oneDNN", OneDnn.version());
      versions.put("oneDNN instructions", OneDnn.instructions());
    }
    return versions;
  }

  /** Float32, and what the CPU has instructions for. */
  @Override
  public Set<Precision> precisions() {
    var precisions = EnumSet.of(Precision.FP32);
    if (unavailableBecause().isEmpty()) {
      if (OneDnn.has(dnnl.cpu_isa.avx512_core_bf16)) {
        precisions.add(Precision.BF16);
      }
      if (OneDnn.has(dnnl.cpu_isa.avx512_core_vnni)) {
        precisions.add(Precision.INT8);
      }
    }
    return precisions;
  }

  @Override
  public Backend open(Device.Options options) {
    return new CpuBackend(options.threads(), options.precision());
  }
}
