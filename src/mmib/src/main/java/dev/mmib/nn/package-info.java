/** Layers: records of weights with a forward pass, and the parameters that they are made of. */
@NullMarked
package dev.mmib.nn;

import org.jspecify.annotations.NullMarked;
