/** This library as a contender. */
@NullMarked
package dev.mmib.jmh.mmib;

import org.jspecify.annotations.NullMarked;
