/** A device that computes nothing, to learn what a computation would need. */
@NullMarked
package dev.mmib.backend.sizing;

import org.jspecify.annotations.NullMarked;
