/** The kernels in plain Java, over any memory that Java can address. The specification. */
@NullMarked
package dev.mmib.backend.host;

import org.jspecify.annotations.NullMarked;
