package dev.mmib.cpu;

import dev.mmib.cpu.NativeFunction.Number;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * Asks Linux for pages of 2 MiB where weights lie: a product of few rows reads each of them once,
 * and looks up 500 times fewer places of pages.
 *
 * <p>It is advice: a system whose transparent huge pages are off, or that has none free, gives its
 * usual ones, and one that is not Linux is not asked.
 */
final class HugePages {

  /** Bytes of such a page on x86-64, and where AArch64 has pages of 4 KiB otherwise. */
  static final int SIZE = 2 << 20;

  private static final long MADV_HUGEPAGE = 14;

  private static final @Nullable NativeFunction MADVISE =
      Platform.current().name().startsWith("linux") ? NativeFunction.find("madvise") : null;

  private HugePages() {}

  /**
   * Where memory of {@code bytes} should begin: at a huge page, if it fills one. What lies before
   * it is never touched, and costs addresses alone; with {@code posix_memalign}, which gives it to
   * others, AdamW's steps took a third longer.
   */
  static int alignment(long bytes) {
    return MADVISE != null && bytes >= SIZE ? SIZE : OffHeapMemory.ALIGNMENT;
  }

  /** Advises the huge pages that fit whole into memory that nobody touched yet. */
  static void advise(BytePointer start, long bytes) {
    if (MADVISE != null && bytes >= SIZE) {
      var length = new Number(bytes / SIZE * SIZE);
      MADVISE.call(start, length, MADV_HUGEPAGE);
    }
  }
}
