package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.AttentionKernels.Heads;

/** Attention in bf16 on tensor cores, sums in fp32; heads of up to 128 dimensions. */
final class TensorCoreAttention implements AttentionVariant {

  private static final int[] DIMS = {32, 64, 128};

  /** Rows and columns of a tile, and threads of a block that has one. */
  private static final int TILE = 64;

  private static final int THREADS = 128;

  private final CudaStream stream;
  private final Kernel[] forward = new Kernel[DIMS.length];

  /** With 128 queries a block; of 128 dimensions, their tiles would leave too few blocks. */
  private final Kernel[] forward128 = new Kernel[2];

  private final Kernel[] dq = new Kernel[DIMS.length];
  private final Kernel[] dkv = new Kernel[DIMS.length];

  TensorCoreAttention(CudaStream stream) {
    this.stream = stream;
    for (int d = 0; d < DIMS.length; d++) {
      forward[d] = stream.kernel("attention_bf16", "attention_bf16_" + DIMS[d] + "_4");
      dq[d] = stream.kernel("attention_bf16_backward", "attention_bf16_dq_" + DIMS[d]);
      dkv[d] = stream.kernel("attention_bf16_backward", "attention_bf16_dkv_" + DIMS[d]);
    }
    for (int d = 0; d < forward128.length; d++) {
      forward128[d] = stream.kernel("attention_bf16", "attention_bf16_" + DIMS[d] + "_8");
    }
  }

  private static int of(Heads heads) {
    return heads.headDim() <= 32 ? 0 : heads.headDim() <= 64 ? 1 : 2;
  }

  private static int rows(Heads heads) {
    return heads.probabilities() / heads.keys();
  }

  /** Two floats a row of P, and two words a tile of it for the bits of dropout. */
  @Override
  public int savedLength(Heads heads) {
    return rows(heads) * (2 + 2 * ((heads.keys() + TILE - 1) / TILE));
  }

  @Override
  public void forward(AttentionInputs inputs, Buffer out, Buffer saved) {
    var heads = inputs.heads();
    int dim = of(heads);
    int queries = 2 * TILE;
    int blocks = AttentionInputs.blocks(heads, heads.queries(), queries);
    // Larger tiles read K and V less often, but must be enough to fill the GPU.
    boolean large =
        dim < forward128.length && heads.queries() > TILE && blocks >= stream.processors();
    if (!large) {
      queries = TILE;
      blocks = AttentionInputs.blocks(heads, heads.queries(), queries);
    }
    var kernel = large ? forward128[dim] : forward[dim];
    inputs.to(kernel).out(out).out(saved);
    AttentionInputs.sizes(heads, kernel)
        .launch(
            blocks,
            queries / TILE * THREADS,
            2 * (queries + 2 * TILE) * (DIMS[dim] + 8) + 2 * 4 * TILE + 16);
  }

  @Override
  public void backward(
      AttentionInputs inputs,
      Buffer out,
      Buffer saved,
      Buffer dout,
      Buffer dq,
      Buffer dk,
      Buffer dv) {
    var heads = inputs.heads();
    int dim = of(heads);
    int bytes = 2 * 4 * TILE * (DIMS[dim] + 8) + 6 * 4 * TILE;
    var byQuery = this.dq[dim];
    var byKey = dkv[dim];
    try (var delta = stream.scratch(DType.F32, rows(heads))) {
      inputs.to(byQuery).in(out).in(saved).in(dout).out(dq).out(delta);
      AttentionInputs.sizes(heads, byQuery)
          .launch(AttentionInputs.blocks(heads, heads.queries(), TILE), THREADS, bytes);
      inputs.to(byKey).in(saved).in(delta).in(dout).out(dk).out(dv);
      AttentionInputs.sizes(heads, byKey)
          .launch(AttentionInputs.blocks(heads, heads.keys(), TILE), THREADS, bytes);
    }
  }
}
