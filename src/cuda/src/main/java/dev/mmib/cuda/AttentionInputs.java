package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;

/** What the forward and the backward pass of an attention both read. */
record AttentionInputs(Heads heads, Buffer q, Buffer k, Buffer v, Masks masks, Dropout dropout) {

  /** Passes all of it, in the order in which the kernels of one pass take it. */
  Kernel to(Kernel kernel) {
    kernel.in(q).in(k).in(v).inOrNull(masks.keys()).inOrNull(masks.queries());
    return kernel.dropout(dropout);
  }

  /** The sizes that end the parameters of every such kernel. */
  static Kernel sizes(Heads heads, Kernel kernel) {
    return kernel
        .value(heads.heads())
        .value(heads.queries())
        .value(heads.keys())
        .value(heads.headDim())
        .value((float) heads.scale());
  }

  /** Number of blocks that give each head tiles of {@code tile} rows. */
  static int blocks(Heads heads, int rows, int tile) {
    return heads.batch() * heads.heads() * ((rows + tile - 1) / tile);
  }
}
