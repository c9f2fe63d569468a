/** The demonstration: posts whose pictures decide what their words mean, with known best scores. */
@NullMarked
package dev.mmib.demo;

import org.jspecify.annotations.NullMarked;
