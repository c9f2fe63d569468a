/**
 * Coverage-guided fuzzing of everything that reads files of strangers, and the replay of what it
 * found.
 */
@NullMarked
package dev.mmib.fuzz;

import org.jspecify.annotations.NullMarked;
