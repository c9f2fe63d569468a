/** How fast weights are loaded and converted, against the least that a machine has to do. */
@NullMarked
package dev.mmib.jmh;

import org.jspecify.annotations.NullMarked;
