/** Devices: memory and kernels on flat buffers, found by name. Knows no tensor. */
@NullMarked
package dev.mmib.backend;

import org.jspecify.annotations.NullMarked;
