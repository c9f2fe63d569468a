/** What every device must compute: small interfaces of pure functions on buffers. */
@NullMarked
package dev.mmib.backend.kernel;

import org.jspecify.annotations.NullMarked;
