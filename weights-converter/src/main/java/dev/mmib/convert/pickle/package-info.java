/** A restricted machine for Python's pickles: it builds plain values and calls nothing. */
@NullMarked
package dev.mmib.convert.pickle;

import org.jspecify.annotations.NullMarked;
