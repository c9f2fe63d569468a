package dev.mmib.backend.java;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendProvider;
import dev.mmib.backend.Device;
import java.util.Map;
import java.util.Optional;

/** Offers {@code java}, which is always there. */
public final class JavaProvider implements BackendProvider {

  @Override
  public String name() {
    return "java";
  }

  @Override
  public Optional<String> unavailableBecause() {
    return Optional.empty();
  }

  @Override
  public Map<String, String> versions() {
    return Map.of("java", Runtime.version().toString());
  }

  @Override
  public Backend open(Device.Options options) {
    return new JavaBackend(options.threads());
  }
}
