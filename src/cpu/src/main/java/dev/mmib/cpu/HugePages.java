package dev.mmib.cpu;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.opencl.Pfn_notify_BytePointer_Pointer_long_Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Asks Linux for pages of 2 MiB where weights lie: a product of few rows reads each of them once,
 * and looks up 500 times fewer places of pages.
 *
 * <p>It is advice: a system whose transparent huge pages are off, or that has none free, gives its
 * usual ones, and one that is not Linux is not asked. JavaCPP binds no {@code madvise(void *,
 * size_t, int)}; it is called as {@link OpenMp} calls: the number travels in the register of a
 * third argument, and nobody reads the fourth.
 */
final class HugePages {

  /** Bytes of such a page on x86-64, and where AArch64 has pages of 4 KiB otherwise. */
  static final int SIZE = 2 << 20;

  private static final long MADV_HUGEPAGE = 14;

  private static final @Nullable HugePages HERE = find(Platform.current());

  // JavaCPP frees natives whose Java objects are unreachable.
  private final LongPointer function;
  private final Pfn_notify_BytePointer_Pointer_long_Pointer caller;

  private HugePages(Pointer madvise) {
    this.function = new LongPointer(madvise.address(), 0L);
    this.caller = new Pfn_notify_BytePointer_Pointer_long_Pointer(function);
  }

  private static @Nullable HugePages find(Platform platform) {
    boolean callable =
        platform.name().startsWith("linux")
            && platform
                .missing(
                    HugePages.class.getClassLoader(),
                    "org.bytedeco:opencl",
                    "org/bytedeco/opencl",
                    "jniOpenCL")
                .isEmpty();
    if (!callable) {
      return null;
    }
    Pointer madvise = Loader.addressof("madvise");
    return Pointer.isNull(madvise) ? null : new HugePages(madvise);
  }

  /** Where memory of {@code bytes} should begin: at a huge page, if it fills one. */
  static int alignment(long bytes) {
    return HERE != null && bytes >= SIZE ? SIZE : OffHeapMemory.ALIGNMENT;
  }

  /** Advises the huge pages that fit whole into memory that nobody touched yet. */
  static void advise(BytePointer start, long bytes) {
    if (HERE != null && bytes >= SIZE) {
      var length = new Number(bytes / SIZE * SIZE);
      HERE.caller.call(start, length, MADV_HUGEPAGE, null);
    }
  }

  /** A number in the clothes of a pointer. */
  private static final class Number extends Pointer {
    Number(long value) {
      this.address = value;
    }
  }
}
