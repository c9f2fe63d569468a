package dev.mmib.backend;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeSet;
import org.slf4j.Logger;

/**
 * A device as users name it: {@code auto}, {@code cpu}, {@code nd4j}, {@code java}, {@code cuda:1}.
 *
 * @param name the kind of device
 * @param ordinal which one, where there are several
 * @param threads CPU threads to use; 0 for all that the machine has
 * @param precision the arithmetic of products, convolutions and attention
 * @param graphs whether the device may record work that repeats, and replay it
 */
public record Device(String name, int ordinal, int threads, Precision precision, boolean graphs) {

  /** In this order {@code auto} tries them. */
  private static final List<String> PREFERRED = List.of("cuda", "cpu", "nd4j", "java");

  public Device {
    if (ordinal < 0 || threads < 0 || threads > 1024) {
      throw MmibException.of(
          ErrorCode.USAGE,
          "device "
              + MmibException.quote(name)
              + ": ordinal "
              + ordinal
              + ", threads "
              + threads
              + " out of range",
          "Use an ordinal from 0 and 1 to 1024 threads.");
    }
  }

  /** A device in float32 without recordings. */
  private Device(String name, int ordinal) {
    this(name, ordinal, 0, Precision.FP32, false);
  }

  /** The best device that works here. */
  public static Device auto() {
    return new Device("auto", 0);
  }

  /** Parses {@code "cpu"} or {@code "cuda:1"}. */
  public static Device of(String name) {
    int colon = name.indexOf(':');
    if (colon < 0) {
      return new Device(name, 0);
    }
    try {
      return new Device(
          name.substring(0, colon), Integer.parseUnsignedInt(name, colon + 1, name.length(), 10));
    } catch (NumberFormatException e) {
      throw MmibException.of(
              ErrorCode.USAGE,
              "device " + MmibException.quote(name) + " has no number after the colon",
              "Write for example cuda:0.")
          .causedBy(e);
    }
  }

  /** This device with {@code threads} CPU threads; 0 for all that the machine has. */
  public Device withThreads(int threads) {
    return new Device(name, ordinal, threads, precision, graphs);
  }

  /** This device with the arithmetic {@code precision}; one that lacks it is refused. */
  public Device withPrecision(Precision precision) {
    return new Device(name, ordinal, threads, precision, graphs);
  }

  /** This device, allowed or not to record work that repeats; one that cannot just runs it. */
  public Device withGraphs(boolean graphs) {
    return new Device(name, ordinal, threads, precision, graphs);
  }

  /**
   * What a {@link BackendProvider} opens.
   *
   * @param ordinal which device, below {@link BackendProvider#count}
   * @param threads CPU threads that its kernels may use, at least 1
   * @param precision one of {@link BackendProvider#precisions}
   * @param graphs whether {@link Backend#repeat} may record
   */
  public record Options(int ordinal, int threads, Precision precision, boolean graphs) {

    /** The first device, with so many threads, in float32 without recordings. */
    public static Options threads(int threads) {
      return new Options(0, threads, Precision.FP32, false);
    }
  }

  /** One kind of device and whether it can be used here. */
  public record Status(BackendProvider provider, Optional<String> unavailableBecause) {}

  /** Every kind of device on the class path, in the order in which {@code auto} tries them. */
  public static List<Status> all() {
    return providers().stream()
        .map(provider -> new Status(provider, provider.unavailableBecause()))
        .toList();
  }

  private static List<BackendProvider> providers() {
    var found = new ArrayList<BackendProvider>();
    ServiceLoader.load(BackendProvider.class, Device.class.getClassLoader()).forEach(found::add);
    found.sort(Comparator.comparingInt(provider -> preference(provider.name())));
    return found;
  }

  /** A device that is not ours comes last. */
  private static int preference(String name) {
    int at = PREFERRED.indexOf(name);
    return at < 0 ? PREFERRED.size() : at;
  }

  /** Opens the device. Only {@code auto} may choose; any other name works or throws. */
  public Backend open() {
    return choose().backend();
  }

  /**
   * An open backend, and why it was chosen.
   *
   * @param expected whether that is no news: what was asked for, the best that there is, or the
   *     best where no GPU can be used, as on most machines
   */
  public record Choice(Backend backend, String because, boolean expected) {

    /** Says which device it is, and why if that is news. */
    public void tell(Logger log) {
      if (expected) {
        log.info("device {} ({})", backend.name(), backend.description());
        log.debug("device {}: {}", backend.name(), because);
      } else {
        log.info("device {} ({}): {}", backend.name(), backend.description(), because);
      }
    }
  }

  /** Opens the device and says why it is this one. */
  public Choice choose() {
    return choose(providers());
  }

  // Asking whether a device can run may load its natives: only those that are wanted are asked.
  Choice choose(List<BackendProvider> offered) {
    int workers = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    var known = new ArrayList<String>();
    var passedOver = new ArrayList<String>();
    boolean expected = true;
    for (var provider : offered) {
      known.add(provider.name());
      boolean wanted = name.equals("auto") || name.equals(provider.name());
      if (!wanted) {
        continue;
      }
      var obstacle = provider.unavailableBecause();
      if (obstacle.isEmpty() && provider.precisions().contains(precision)) {
        requireOrdinal(provider);
        var why =
            !name.equals("auto")
                ? "asked for"
                : passedOver.isEmpty() ? "the best device here" : String.join("; ", passedOver);
        var options = new Options(ordinal, workers, precision, graphs);
        return new Choice(provider.open(options), why, expected);
      }
      var why = provider.name() + ": " + obstacle.orElseGet(() -> lacking(provider));
      if (!name.equals("auto")) {
        throw MmibException.of(
            ErrorCode.DEVICE,
            "device " + why,
            obstacle.isPresent()
                ? "Run `mmib doctor`."
                : "Ask for one of its precisions, or for a device that has this one: cpu has bf16 and int8, cuda"
                    + " tf32 and bf16.");
      }
      passedOver.add(why);
      expected &= provider.name().equals("cuda") && obstacle.isPresent();
    }
    if (!passedOver.isEmpty()) {
      throw MmibException.of(
          ErrorCode.DEVICE,
          "no device works here: " + String.join("; ", passedOver),
          "Mend one of these, or ask for precision fp32, which every device has.");
    }
    throw MmibException.of(
        ErrorCode.DEVICE,
        "unknown device " + MmibException.quote(name) + "; on the class path: " + known,
        "Add the module of that device as a dependency, or use one of these.");
  }

  private String lacking(BackendProvider provider) {
    var offered = new TreeSet<String>();
    provider.precisions().forEach(one -> offered.add(text(one)));
    return "computes in " + String.join(", ", offered) + ", not in " + text(precision);
  }

  private static String text(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }

  private void requireOrdinal(BackendProvider provider) {
    if (ordinal >= provider.count()) {
      throw MmibException.of(
          ErrorCode.DEVICE,
          "device "
              + provider.name()
              + ":"
              + ordinal
              + " is not there: there are "
              + provider.count()
              + ", counted from 0",
          "Run `mmib doctor`.");
    }
  }

  @Override
  public String toString() {
    return name.equals("cuda") ? name + ":" + ordinal : name;
  }
}
