/** Files that fail on demand. */
@NullMarked
package dev.mmib.fault;

import org.jspecify.annotations.NullMarked;
