/** Training: optimizer, schedules, batches prepared ahead, the trainer and its scores. */
@NullMarked
package dev.mmib.train;

import org.jspecify.annotations.NullMarked;
