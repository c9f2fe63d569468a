/** The method: variational encoders, alignment, fusion, and the heads of the two tasks. */
@NullMarked
package dev.mmib.model;

import org.jspecify.annotations.NullMarked;
