/** The converter proved: what it takes, what it refuses, and that nothing is lost on the way. */
@NullMarked
package dev.mmib.convert;

import org.jspecify.annotations.NullMarked;
