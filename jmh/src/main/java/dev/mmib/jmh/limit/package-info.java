/** What bounds every engine: the bare libraries, and the machine's own multiply-adds. */
@NullMarked
package dev.mmib.jmh.limit;

import org.jspecify.annotations.NullMarked;
