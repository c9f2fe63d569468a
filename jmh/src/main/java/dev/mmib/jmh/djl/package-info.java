/** DJL with PyTorch. */
@NullMarked
package dev.mmib.jmh.djl;

import org.jspecify.annotations.NullMarked;
