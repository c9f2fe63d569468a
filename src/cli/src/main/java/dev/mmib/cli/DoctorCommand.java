package dev.mmib.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.mmib.backend.Device;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says what this machine has, what is missing, and the cure. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = "Says what this machine has, what is missing, and the cure.")
final class DoctorCommand implements Callable<Integer> {

  private record Found(String name, Optional<String> reason, Map<String, String> versions) {}

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private final Console console;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  DoctorCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var devices = devices();
    if (json) {
      console.print(report(devices));
    } else {
      print(devices);
    }
    return 0;
  }

  private static List<Found> devices() {
    var found = new ArrayList<Found>();
    for (var status : Device.all()) {
      var provider = status.provider();
      var reason = status.unavailableBecause();
      found.add(
          new Found(provider.name(), reason, reason.isPresent() ? Map.of() : provider.versions()));
    }
    return found;
  }

  private static JsonObject report(List<Found> devices) {
    var list = new JsonArray();
    for (var device : devices) {
      var versions = new JsonObject();
      device.versions().forEach(versions::put);
      list.add(
          new JsonObject()
              .put("name", device.name())
              .put("available", device.reason().isEmpty())
              .put("reason", device.reason().orElse(null))
              .put("versions", versions));
    }
    var runtime = Runtime.getRuntime();
    return new JsonObject()
        .put("java", java())
        .put("os", os())
        .put("cpu", cpu())
        .put("processors", runtime.availableProcessors())
        .put("heapBytes", runtime.maxMemory())
        .put("memoryBytes", memory())
        .put("devices", list);
  }

  private void print(List<Found> devices) {
    console.print("Java     " + java());
    console.print("System   " + os());
    console.print(
        "CPU      " + cpu() + ", " + Runtime.getRuntime().availableProcessors() + " threads");
    console.print(
        "Memory   %.1f GiB, heap up to %.1f GiB"
            .formatted(gib(memory()), gib(Runtime.getRuntime().maxMemory())));
    console.print("");
    for (var device : devices) {
      var detail =
          device
              .reason()
              .map(reason -> "not available: " + reason)
              .orElseGet(
                  () ->
                      device.versions().entrySet().stream()
                          .map(v -> v.getKey() + " " + v.getValue())
                          .collect(Collectors.joining(", ")));
      console.print("%-8s %s".formatted(device.name(), detail));
    }
    devices.stream()
        .filter(d -> d.reason().isEmpty())
        .findFirst()
        .ifPresent(d -> console.print("\nauto chooses " + d.name() + "."));
  }

  private static double gib(long bytes) {
    return bytes / (double) (1L << 30);
  }

  private static String java() {
    return Runtime.version() + " (" + System.getProperty("java.vm.name", "?") + ")";
  }

  private static String os() {
    return System.getProperty("os.name", "?")
        + " "
        + System.getProperty("os.version", "?")
        + " "
        + System.getProperty("os.arch", "?");
  }

  private static String cpu() {
    if (!Files.isReadable(CPU_INFO)) {
      return System.getProperty("os.arch", "unknown");
    }
    try (var lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch", "unknown"));
    } catch (IOException e) {
      return "unknown (" + e.getMessage() + ")";
    }
  }

  private static long memory() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    return system instanceof OperatingSystemMXBean here ? here.getTotalMemorySize() : 0;
  }
}
