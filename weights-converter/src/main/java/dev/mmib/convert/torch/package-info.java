/** PyTorch's files: the zip and the stream container, their storages and tensors. */
@NullMarked
package dev.mmib.convert.torch;

import org.jspecify.annotations.NullMarked;
