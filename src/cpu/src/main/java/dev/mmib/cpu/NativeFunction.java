package dev.mmib.cpu;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.opencl.Pfn_notify_BytePointer_Pointer_long_Pointer;
import org.jspecify.annotations.Nullable;

/**
 * A function of the process that JavaCPP does not bind, called by its address.
 *
 * <p>JavaCPP finds addresses, and can call through a pointer to a function of two pointers, a size
 * and a pointer. On every platform that there are natives for (x86-64 and AArch64, all their
 * calling conventions) an int travels in the register of a pointer, and arguments that nobody reads
 * are harmless: functions of at most three numbers or pointers can be called so.
 */
final class NativeFunction implements AutoCloseable {

  // JavaCPP frees natives whose Java objects are unreachable.
  private final LongPointer function;
  private final Pfn_notify_BytePointer_Pointer_long_Pointer caller;

  private NativeFunction(Pointer address) {
    this.function = new LongPointer(address.address(), 0L);
    this.caller = new Pfn_notify_BytePointer_Pointer_long_Pointer(function);
  }

  /** The function of that name; null where the process has none. */
  static @Nullable NativeFunction find(String name) {
    boolean callable =
        Platform.current()
            .missing(
                NativeFunction.class.getClassLoader(),
                "org.bytedeco:opencl",
                "org/bytedeco/opencl",
                "jniOpenCL")
            .isEmpty();
    if (!callable) {
      return null;
    }
    Pointer address = Loader.addressof(name);
    return Pointer.isNull(address) ? null : new NativeFunction(address);
  }

  /** A number in the clothes of a pointer. */
  static final class Number extends BytePointer {
    Number(long value) {
      super((Pointer) null);
      this.address = value;
    }
  }

  /** Calls it; makes no garbage. What it returns is not looked at. */
  void call(@Nullable BytePointer first, @Nullable Pointer second, long third) {
    caller.call(first, second, third, null);
  }

  @Override
  public void close() {
    caller.close();
    function.close();
  }
}
