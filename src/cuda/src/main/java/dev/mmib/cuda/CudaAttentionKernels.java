package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.Dropout;

/** Attention on the GPU: picks the kernels that suit the sizes. */
final class CudaAttentionKernels implements AttentionKernels {

  /** Heads of more dimensions do not fit in the tiles. */
  private static final int WIDEST_TILE = 128;

  private final TiledAttention tiled;
  private final AttentionVariant fewKeys;
  private final AttentionVariant manyKeys;
  private final WideAttention wide;

  /**
   * Attention on {@code stream}'s GPU.
   *
   * @param bf16 whether products may round their factors to bfloat16, for tensor cores
   */
  CudaAttentionKernels(CudaStream stream, boolean bf16) {
    tiled = new TiledAttention(stream);
    fewKeys = new FewKeysAttention(stream);
    manyKeys = bf16 ? new TensorCoreAttention(stream) : tiled;
    wide = new WideAttention(stream);
  }

  private AttentionVariant variant(Heads heads) {
    if (heads.headDim() > WIDEST_TILE) {
      return wide;
    }
    return heads.keys() <= FewKeysAttention.MOST_KEYS ? fewKeys : manyKeys;
  }

  @Override
  public int savedLength(Heads heads) {
    return variant(heads).savedLength(heads);
  }

  @Override
  public void forward(
      Heads heads,
      Buffer q,
      Buffer k,
      Buffer v,
      Masks masks,
      Dropout dropout,
      Buffer out,
      Buffer saved) {
    var inputs = new AttentionInputs(heads, q, k, v, masks, dropout);
    variant(heads).forward(inputs, out, saved);
  }

  @Override
  public void backward(
      Heads heads,
      Buffer q,
      Buffer k,
      Buffer v,
      Masks masks,
      Dropout dropout,
      Buffer out,
      Buffer saved,
      Buffer dout,
      Buffer dq,
      Buffer dk,
      Buffer dv) {
    var inputs = new AttentionInputs(heads, q, k, v, masks, dropout);
    variant(heads).backward(inputs, out, saved, dout, dq, dk, dv);
  }

  @Override
  public void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p) {
    if (heads.headDim() > WIDEST_TILE) {
      wide.probabilities(heads, q, k, masks, p);
    } else {
      tiled.probabilities(heads, q, k, masks, p);
    }
  }
}
