package dev.mmib.cuda;

import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuInit;

import java.nio.charset.StandardCharsets;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import org.jspecify.annotations.Nullable;

/** The primary context of one GPU; each thread makes it current before it calls the driver. */
final class CudaContext implements AutoCloseable {

  private static final ThreadLocal<@Nullable CudaContext> CURRENT = new ThreadLocal<>();

  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final String name;
  private final int processors;
  private final int capability;

  CudaContext(int ordinal) {
    Driver.check(cuInit(0), "cuInit");
    Driver.check(cuDeviceGet(device, ordinal), "cuDeviceGet");
    name = readName();
    processors = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    capability =
        10 * attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    Driver.check(cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain");
  }

  private String readName() {
    var bytes = new byte[256];
    Driver.check(cuDeviceGetName(bytes, bytes.length, device), "cuDeviceGetName");
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  private int attribute(int attribute) {
    var value = new int[1];
    Driver.check(cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
    return value[0];
  }

  /** What its maker calls it. */
  String name() {
    return name;
  }

  /** Multiprocessors. */
  int processors() {
    return processors;
  }

  /** Compute capability times ten: 80, 90. */
  int capability() {
    return capability;
  }

  /** Lets this thread's next calls of the driver mean this device. */
  void makeCurrent() {
    if (CURRENT.get() != this) {
      Driver.check(cuCtxSetCurrent(context), "cuCtxSetCurrent");
      CURRENT.set(this);
    }
  }

  /** The driver ends the context when nobody else in this process has it. */
  @Override
  public void close() {
    CURRENT.remove();
    Driver.check(cuDevicePrimaryCtxRelease(device), "cuDevicePrimaryCtxRelease");
  }
}
