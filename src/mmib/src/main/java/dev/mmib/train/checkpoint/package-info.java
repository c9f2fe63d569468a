/** Checkpoints on disk: written so that no kill loses them, believed only by their digests. */
@NullMarked
package dev.mmib.train.checkpoint;

import org.jspecify.annotations.NullMarked;
