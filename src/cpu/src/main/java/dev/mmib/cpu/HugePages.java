package dev.mmib.cpu;

import dev.mmib.cpu.NativeFunction.Number;
import java.util.Objects;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
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

  private static final @Nullable NativeFunction MADVISE = function("madvise");
  private static final @Nullable NativeFunction MEMALIGN = function("posix_memalign");

  private HugePages() {}

  private static @Nullable NativeFunction function(String name) {
    return Platform.current().name().startsWith("linux") ? NativeFunction.find(name) : null;
  }

  /** Whether memory of {@code bytes} is {@link #malloc}'s: if it fills a huge page. */
  static boolean serve(long bytes) {
    return MADVISE != null && MEMALIGN != null && bytes >= SIZE;
  }

  /**
   * New memory that begins at a huge page, to be freed like any other; null if the system has no
   * more. What lies before that page stays the allocator's, who gives it to others.
   */
  static @Nullable Pointer malloc(long bytes) {
    var memalign = Objects.requireNonNull(MEMALIGN);
    var madvise = Objects.requireNonNull(MADVISE);
    try (var found = new BytePointer(Long.BYTES)) {
      found.putLong(0);
      memalign.call(found, new Number(SIZE), bytes);
      if (found.getLong() == 0) {
        return null;
      }
      var start = new Number(found.getLong());
      madvise.call(start, new Number(bytes / SIZE * SIZE), MADV_HUGEPAGE); // those that fit whole
      return start;
    }
  }
}
