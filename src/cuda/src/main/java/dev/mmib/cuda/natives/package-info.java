/** Finding and loading what the GPU backend needs of the system: driver, cuBLAS, cuDNN, JCuda. */
@NullMarked
package dev.mmib.cuda.natives;

import org.jspecify.annotations.NullMarked;
