/** Checkpoints of the Python world turned into files that the library reads. */
@NullMarked
package dev.mmib.convert;

import org.jspecify.annotations.NullMarked;
