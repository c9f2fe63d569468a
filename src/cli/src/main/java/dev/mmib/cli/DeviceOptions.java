package dev.mmib.cli;

import dev.mmib.backend.Device;
import dev.mmib.backend.Precision;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** Which device a command runs on. */
final class DeviceOptions {

  private static final int MOST_THREADS = 1024;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "auto, cpu (oneDNN), nd4j, java, cuda:N. Only auto may choose. Default: auto.")
  private String device = "auto";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "CPU threads, 1 to 1024. Default: all.")
  private @Nullable Integer threads;

  @Option(
      names = "--precision",
      paramLabel = "KIND",
      description =
          "Arithmetic of products: fp32, tf32 (cuda), bf16 (cuda; cpu for inference), int8 (cpu for"
              + " inference). docs/platforms.md says what each rounds. Default: fp32.")
  private Precision precision = Precision.FP32;

  @Option(
      names = "--graphs",
      negatable = true,
      fallbackValue = "true", // also where the environment says so already
      description =
          "Let cuda record steps that repeat, and replay them. Other devices have no use for it.")
  private boolean graphs;

  /** The name that was asked for. */
  String name() {
    return device;
  }

  /** The device that was asked for. */
  Device device() {
    var asked = Device.of(device).withPrecision(precision).withGraphs(graphs);
    if (threads == null) {
      return asked;
    }
    if (threads < 1 || threads > MOST_THREADS) {
      throw MmibException.of(
          ErrorCode.USAGE,
          "--threads is " + threads + ", not 1 to " + MOST_THREADS,
          "Without the option, MMIB_THREADS in the environment decides.");
    }
    return asked.withThreads(threads);
  }

  /** Opens the device and says which it is and why. */
  Device.Choice open() {
    var choice = device().choose();
    // Not a constant: --help and --version need not wait for the logger.
    choice.tell(LoggerFactory.getLogger(DeviceOptions.class));
    return choice;
  }
}
