package dev.mmib.cuda;

import jcuda.driver.CUdeviceptr;

/** An address in the device's memory that can be read: JCuda keeps its own to itself. */
final class DevicePointer extends CUdeviceptr {

  DevicePointer() {}

  private DevicePointer(CUdeviceptr from, long offset) {
    super(from, offset);
  }

  long address() {
    return getNativePointer() + getByteOffset();
  }

  DevicePointer plus(long bytes) {
    return new DevicePointer(this, getByteOffset() + bytes);
  }
}
