/** The GPU backend: cuBLAS, cuDNN and own kernels through JCuda. */
@NullMarked
package dev.mmib.cuda;

import org.jspecify.annotations.NullMarked;
