/** Scores: entities as seqeval counts them, relations without the None relation. */
@NullMarked
package dev.mmib.score;

import org.jspecify.annotations.NullMarked;
