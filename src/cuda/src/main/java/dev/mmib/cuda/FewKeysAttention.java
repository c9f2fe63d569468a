package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.AttentionKernels.Heads;

/** Attention to a handful of keys, such as visual slots; heads of up to 128 dimensions. */
final class FewKeysAttention implements AttentionVariant {

  /** More keys do not fit in registers. */
  static final int MOST_KEYS = 8;

  private static final int[] DIMS = {32, 64, 128};
  private static final int[] KEYS = {5, MOST_KEYS};
  private static final int THREADS = 128;

  private final CudaStream stream;
  private final Kernel[][] forward = new Kernel[DIMS.length][KEYS.length];
  private final Kernel[][] backward = new Kernel[DIMS.length][KEYS.length];

  FewKeysAttention(CudaStream stream) {
    this.stream = stream;
    for (int d = 0; d < DIMS.length; d++) {
      for (int n = 0; n < KEYS.length; n++) {
        var sizes = DIMS[d] + "_" + KEYS[n];
        forward[d][n] = stream.kernel("attention_few_keys", "attention_few_" + sizes);
        backward[d][n] = stream.kernel("attention_few_keys", "attention_few_backward_" + sizes);
      }
    }
  }

  private static int ofDim(Heads heads) {
    return heads.headDim() <= 32 ? 0 : heads.headDim() <= 64 ? 1 : 2;
  }

  private static int ofKeys(Heads heads) {
    return heads.keys() <= KEYS[0] ? 0 : 1;
  }

  /** Nothing is worth saving; but a buffer has at least one element. */
  @Override
  public int savedLength(Heads heads) {
    return Math.min(heads.probabilities(), 1);
  }

  @Override
  public void forward(AttentionInputs inputs, Buffer out, Buffer saved) {
    var heads = inputs.heads();
    int dim = ofDim(heads);
    var kernel = forward[dim][ofKeys(heads)];
    // Four queries a group of lanes, and more only where the GPU is full of blocks anyway.
    int rows = 4 * THREADS / (DIMS[dim] / 4);
    int most = Math.max(1, 16 * stream.processors() / (heads.batch() * heads.heads()));
    int tiles = Math.min((heads.queries() + rows - 1) / rows, most);
    inputs.to(kernel).out(out);
    AttentionInputs.sizes(heads, kernel)
        .value(tiles)
        .launch(heads.batch() * heads.heads() * tiles, THREADS);
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
    int dim = ofDim(heads);
    int keys = ofKeys(heads);
    var kernel = backward[dim][keys];
    // One block sums over all queries of a head: where there are few heads, they get larger blocks.
    int blocks = heads.batch() * heads.heads();
    int threads = blocks < 2 * stream.processors() ? 2 * THREADS : THREADS;
    inputs.to(kernel).in(dout).out(dq).out(dk).out(dv);
    AttentionInputs.sizes(heads, kernel)
        .launch(blocks, threads, threads / 2 * KEYS[keys] * (DIMS[dim] / 4));
  }
}
