package dev.mmib.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Page-locked memory of the host, which the device copies from and to by itself. */
final class PinnedBlock implements AutoCloseable {

  /** JCuda's own is protected. */
  private static final class At extends Pointer {
    long address() {
      return getNativePointer() + getByteOffset();
    }
  }

  private final At pointer = new At();
  private final ByteBuffer bytes;

  /** Needs a current context. */
  PinnedBlock(int size) {
    Driver.check(JCudaDriver.cuMemHostAlloc(pointer, size, 0), "cuMemHostAlloc");
    bytes = pointer.getByteBuffer(0, size).order(ByteOrder.nativeOrder());
  }

  Pointer pointer() {
    return pointer;
  }

  long address() {
    return pointer.address();
  }

  ByteBuffer bytes() {
    return bytes;
  }

  @Override
  public void close() {
    Driver.check(JCudaDriver.cuMemFreeHost(pointer), "cuMemFreeHost");
  }
}
