/** The command {@code mmib}: the only place that prints. */
@NullMarked
package dev.mmib.cli;

import org.jspecify.annotations.NullMarked;
