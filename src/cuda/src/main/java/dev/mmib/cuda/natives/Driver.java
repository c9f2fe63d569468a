package dev.mmib.cuda.natives;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * NVIDIA's driver: loaded, initialised, and new enough.
 *
 * @param version the newest CUDA that it serves, {@code 1000 · major + 10 · minor}
 * @param gpus all that it shows, in its order
 */
record Driver(int version, List<Gpu> gpus) {

  /** CUDA 12.0, which driver 525 brought: what JCuda's natives and the kernels' PTX need. */
  private static final int OLDEST = 12000;

  private static final Path KERNEL_MODULE = Path.of("/proc/driver/nvidia/version");
  private static final Pattern RELEASE = Pattern.compile("\\b(\\d{3,}\\.\\d+(\\.\\d+)?)\\b");
  private static final String CONTAINER =
      "in a container, start it with --gpus all and NVIDIA's container toolkit";

  /** Starts the driver that lies at {@code library}. */
  static Driver start(Path library, JCudaNatives natives) throws IOException, Unavailable {
    Libraries.load(library, "NVIDIA's driver");
    natives.load("jcuda.driver.JCudaDriver");
    JCudaDriver.setExceptionsEnabled(false);
    int[] version = {0};
    check("cuDriverGetVersion", JCudaDriver.cuDriverGetVersion(version), library);
    if (version[0] < OLDEST) {
      throw new Unavailable(
          "the NVIDIA driver serves CUDA "
              + cuda(version[0])
              + " and CUDA 12.0 is needed; install driver 525 or newer");
    }
    check("cuInit", JCudaDriver.cuInit(0), library);
    int[] count = {0};
    check("cuDeviceGetCount", JCudaDriver.cuDeviceGetCount(count), library);
    if (count[0] == 0) {
      throw new Unavailable(noGpu());
    }
    var gpus = new ArrayList<Gpu>();
    for (int i = 0; i < count[0]; i++) {
      gpus.add(describe(i, library));
    }
    if (gpus.stream().allMatch(Gpu::isTooOld)) {
      throw new Unavailable(gpus.get(0).tooOld() + "; use another GPU or the device cpu");
    }
    return new Driver(version[0], List.copyOf(gpus));
  }

  private static Gpu describe(int ordinal, Path library) throws Unavailable {
    var device = new CUdevice();
    check("cuDeviceGet", JCudaDriver.cuDeviceGet(device, ordinal), library);
    byte[] name = new byte[256];
    check("cuDeviceGetName", JCudaDriver.cuDeviceGetName(name, name.length, device), library);
    long[] bytes = {0};
    check("cuDeviceTotalMem", JCudaDriver.cuDeviceTotalMem(bytes, device), library);
    return new Gpu(
        text(name),
        attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, library),
        attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, library),
        bytes[0]);
  }

  private static int attribute(CUdevice device, int attribute, Path library) throws Unavailable {
    int[] value = {0};
    check(
        "cuDeviceGetAttribute",
        JCudaDriver.cuDeviceGetAttribute(value, attribute, device),
        library);
    return value[0];
  }

  /** The text up to the NUL. */
  private static String text(byte[] name) {
    var text = new String(name, StandardCharsets.UTF_8);
    int end = text.indexOf('\0');
    return (end < 0 ? text : text.substring(0, end)).strip();
  }

  /** The CUDA of this driver, {@code 12.4}. */
  String cuda() {
    return cuda(version);
  }

  @Override
  public String toString() {
    var release = release();
    return release.isEmpty() ? "CUDA " + cuda() : release + " (CUDA " + cuda() + ")";
  }

  private static String cuda(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /** The driver's own number, such as {@code 580.159.04}, or empty where it is not told. */
  static String release() {
    try {
      var matcher = RELEASE.matcher(Files.readString(KERNEL_MODULE));
      return matcher.find() ? matcher.group(1) : "";
    } catch (IOException e) {
      return ""; // no kernel module here, as under WSL
    }
  }

  /** Why there is no driver's library, with the cure. */
  static String missing() {
    if (Files.exists(KERNEL_MODULE)) {
      return "the kernel has NVIDIA's driver "
          + release()
          + " but its library libcuda.so.1 is not found; "
          + CONTAINER
          + " and NVIDIA_DRIVER_CAPABILITIES=compute,utility";
    }
    return "no NVIDIA driver (libcuda.so.1 is not found); install driver 525 or newer; "
        + CONTAINER;
  }

  private static String noGpu() {
    String visible = System.getenv("CUDA_VISIBLE_DEVICES");
    return "the NVIDIA driver shows no GPU"
        + (visible == null ? "" : ", CUDA_VISIBLE_DEVICES is '" + visible + "'")
        + "; see what nvidia-smi lists; "
        + CONTAINER;
  }

  private static void check(String call, int status, Path library) throws Unavailable {
    switch (status) {
      case CUresult.CUDA_SUCCESS -> {}
      case CUresult.CUDA_ERROR_NO_DEVICE -> throw new Unavailable(noGpu());
      case CUresult.CUDA_ERROR_STUB_LIBRARY ->
          throw new Unavailable(
              library
                  + " is the toolkit's stub and no driver; take its folder out of"
                  + " LD_LIBRARY_PATH, and install driver 525 or newer");
      case CUresult.CUDA_ERROR_SYSTEM_NOT_READY ->
          throw new Unavailable(
              "the NVIDIA driver is not ready (CUDA_ERROR_SYSTEM_NOT_READY); on machines with"
                  + " NVSwitch start nvidia-fabricmanager");
      case CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH ->
          throw new Unavailable(
              library
                  + " and the kernel's NVIDIA driver "
                  + release()
                  + " are of different versions; restart the machine after an update of the"
                  + " driver, or take the compat folder of CUDA out of LD_LIBRARY_PATH");
      case CUresult.CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE ->
          throw new Unavailable(
              library
                  + " is CUDA's compatibility package, which this GPU does not allow; take it out"
                  + " of LD_LIBRARY_PATH, or install a newer driver");
      default ->
          throw new Unavailable(
              call
                  + " answers "
                  + CUresult.stringFor(status)
                  + " ("
                  + status
                  + "); see whether nvidia-smi works, and the kernel's log");
    }
  }
}
