/** The one exception family of the library, and its codes. */
@NullMarked
package dev.mmib.error;

import org.jspecify.annotations.NullMarked;
