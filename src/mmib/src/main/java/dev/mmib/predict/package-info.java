/** Extracting entities and relations from posts with trained models: the library's front door. */
@NullMarked
package dev.mmib.predict;

import org.jspecify.annotations.NullMarked;
