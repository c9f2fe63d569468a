/** Tensors, the scopes that own them, and the tape that differentiates them. */
@NullMarked
package dev.mmib.tensor;

import org.jspecify.annotations.NullMarked;
