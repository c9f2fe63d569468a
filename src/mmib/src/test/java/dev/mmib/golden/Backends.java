package dev.mmib.golden;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The backends that run on this machine, opened once for all tests of this JVM: those of the CPU,
 * or the one that the system property {@value #DEVICE} names, such as {@code cuda}.
 */
public final class Backends {

  static final String DEVICE = "mmib.golden.device";
  private static final int THREADS = 2;
  private static @Nullable List<Backend> present;

  private Backends() {}

  /** Every one of them that is available; of the CPU's, {@code java} always is. */
  public static synchronized List<Backend> present() {
    if (present == null) {
      var found = new ArrayList<Backend>();
      for (var status : Device.all()) {
        var name = status.provider().name();
        var wanted = System.getProperty(DEVICE, "");
        if (wanted.isEmpty() ? name.equals("cuda") : !name.equals(wanted)) {
          continue; // a GPU has tests of its own, in its module
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
