/** Pictures: decoding by content, resampling and normalizing exactly as the reference does. */
@NullMarked
package dev.mmib.image;

import org.jspecify.annotations.NullMarked;
