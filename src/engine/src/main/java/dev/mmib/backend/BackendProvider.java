package dev.mmib.backend;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Makes one kind of {@link Backend}; found by {@link java.util.ServiceLoader}. */
public interface BackendProvider {

  /** The name users type, such as {@code cpu} or {@code cuda}. */
  String name();

  /** Why this backend cannot run here, with the cure, or empty when it can. Must not throw. */
  Optional<String> unavailableBecause();

  /** How many devices of this kind there are; asked only where it can run. */
  default int count() {
    return 1;
  }

  /** Versions of what it is built on, for reports; empty when it cannot run. */
  Map<String, String> versions();

  /** The arithmetics that its devices offer; the default is float32 and no other. */
  default Set<Precision> precisions() {
    return Set.of(Precision.FP32);
  }

  /** Opens a device. */
  Backend open(Device.Options options);
}
