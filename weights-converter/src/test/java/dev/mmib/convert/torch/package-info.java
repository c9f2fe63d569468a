/** Tests of PyTorch's files, and the writers that make such files for tests and benchmarks. */
@NullMarked
package dev.mmib.convert.torch;

import org.jspecify.annotations.NullMarked;
