/** The study: trainings over seeds that show what the regularizers buy, with intervals. */
@NullMarked
package dev.mmib.cli.study;

import org.jspecify.annotations.NullMarked;
