package dev.mmib.nd4j;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendProvider;
import dev.mmib.backend.Device;
import dev.mmib.cpu.OffHeapMemory;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.Map;
import java.util.Optional;

/** Offers {@code nd4j} wherever ND4J's natives load. */
public final class Nd4jProvider implements BackendProvider {

  @Override
  public String name() {
    return "nd4j";
  }

  @Override
  public Optional<String> unavailableBecause() {
    try {
      return Natives.load();
    } catch (LinkageError e) {
      return Optional.of(
          "ND4J is not usable ("
              + e
              + "); put the dependencies of mmib-nd4j on the class path, org.bytedeco:javacpp:1.5.13"
              + " among them");
    }
  }

  /** The version of ND4J that its jar names. */
  static String version() {
    return "1.0.0-M2.1";
  }

  @Override
  public Map<String, String> versions() {
    if (unavailableBecause().isPresent()) {
      return Map.of();
    }
    Variant variant = Natives.find(Nd4jProvider.class.getClassLoader()).variant();
    return variant == null ? Map.of() : Map.of("ND4J", version() + " " + variant);
  }

  @Override
  public Backend open(Device.Options options) {
    Optional<String> problem = unavailableBecause();
    Variant variant =
        problem.isPresent() ? null : Natives.find(Nd4jProvider.class.getClassLoader()).variant();
    if (variant == null) {
      throw MmibException.of(
          ErrorCode.DEVICE, "device nd4j: " + problem.orElse("not found"), "Run `mmib doctor`.");
    }
    return new Nd4jBackend(options.threads(), new OffHeapMemory(), variant);
  }
}
