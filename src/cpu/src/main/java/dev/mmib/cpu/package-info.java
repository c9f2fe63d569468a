/** The CPU backend: memory outside the Java heap, kernels by oneDNN. */
@NullMarked
package dev.mmib.cpu;

import org.jspecify.annotations.NullMarked;
