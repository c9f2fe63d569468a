/**
 * The CPU fallback: the memory of {@code dev.mmib.cpu}, products and convolutions by what ND4J
 * brings.
 */
@NullMarked
package dev.mmib.nd4j;

import org.jspecify.annotations.NullMarked;
