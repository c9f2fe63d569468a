/** The CPU fallback: the memory of {@code dev.mmib.cpu}, products and convolutions by ND4J. */
@NullMarked
package dev.mmib.nd4j;

import org.jspecify.annotations.NullMarked;
