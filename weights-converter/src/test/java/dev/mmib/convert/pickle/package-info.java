/** Tests of the pickle machine, and an assembler of pickles for them. */
@NullMarked
package dev.mmib.convert.pickle;

import org.jspecify.annotations.NullMarked;
