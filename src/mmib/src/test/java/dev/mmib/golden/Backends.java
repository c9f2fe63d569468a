package dev.mmib.golden;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The CPU backends that run on this machine, opened once for all tests of this JVM. */
public final class Backends {

  private static final int THREADS = 2;
  private static @Nullable List<Backend> present;

  private Backends() {}

  /** Every CPU backend on the class path that is available; {@code java} is always among them. */
  public static synchronized List<Backend> present() {
    if (present == null) {
      var found = new ArrayList<Backend>();
      for (var status : Device.all()) {
        var name = status.provider().name();
        if (name.equals("cuda")) {
          continue; // the tolerances here are those of float32 on the CPU
        }
        if (status.unavailableBecause().isPresent()) {
          System.out.println("SKIPPED backend " + name + ": " + status.unavailableBecause().get());
        } else {
          found.add(status.provider().open(Device.Options.threads(THREADS)));
        }
      }
      present = List.copyOf(found);
    }
    return present;
  }
}
