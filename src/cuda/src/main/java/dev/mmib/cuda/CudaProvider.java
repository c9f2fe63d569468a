package dev.mmib.cuda;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendProvider;
import dev.mmib.backend.Device;
import dev.mmib.backend.Precision;
import dev.mmib.cuda.natives.CudaNatives;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Offers {@code cuda} wherever there are NVIDIA's driver, cuBLAS, cuDNN and a GPU since Ampere. */
public final class CudaProvider implements BackendProvider {

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public Optional<String> unavailableBecause() {
    return CudaNatives.unavailableBecause();
  }

  @Override
  public int count() {
    return CudaNatives.deviceCount();
  }

  @Override
  public Map<String, String> versions() {
    return unavailableBecause().isEmpty() ? CudaNatives.versions() : Map.of();
  }

  @Override
  public Set<Precision> precisions() {
    return Set.of(Precision.FP32, Precision.TF32, Precision.BF16);
  }

  @Override
  public Backend open(Device.Options options) {
    return new CudaBackend(options);
  }
}
