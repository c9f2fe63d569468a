package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;

/** Attention in fp32 with heads of up to 128 dimensions, tile by tile; P never reaches memory. */
final class TiledAttention implements AttentionVariant {

  /** Columns of a tile, and floats of a row of its weights. */
  private static final int COLUMNS = 32;

  private static final int WEIGHT_STRIDE = 36;

  /** Rows of a warp, for each row of a lane. */
  private static final int LANE_GROUPS = 4;

  /** Queries up to here are too few to fill lanes with several of them. */
  private static final int FEW_QUERIES = 16;

  private final CudaStream stream;
  private final OfDim[] dims;

  TiledAttention(CudaStream stream) {
    this.stream = stream;
    dims = new OfDim[] {new OfDim(stream, 32), new OfDim(stream, 64), new OfDim(stream, 128)};
  }

  /** The kernels for heads of up to {@code dim} dimensions; numbers in names are rows of a lane. */
  private static final class OfDim {
    final int dim;
    final Kernel forward1;
    final Kernel forward4;
    final Kernel forward8;
    final Kernel probabilities;
    final Kernel dq1;
    final Kernel dq4;
    final Kernel dkv;

    OfDim(CudaStream stream, int dim) {
      this.dim = dim;
      forward1 = stream.kernel("attention", "attention_" + dim + "_1");
      forward4 = stream.kernel("attention", "attention_" + dim + "_4");
      // Of 128 dimensions, sums over eight rows do not fit in registers.
      forward8 = dim == 128 ? forward4 : stream.kernel("attention", "attention_" + dim + "_8");
      probabilities = stream.kernel("attention", "attention_probabilities_" + dim);
      dq1 = stream.kernel("attention_backward", "attention_dq_" + dim + "_1");
      dq4 = stream.kernel("attention_backward", "attention_dq_" + dim + "_4");
      dkv = stream.kernel("attention_backward", "attention_dkv_" + dim);
    }

    int forwardBytes(int rows) {
      return 4 * ((rows + 2 * COLUMNS) * (dim + 4) + rows * WEIGHT_STRIDE + COLUMNS);
    }

    int backwardBytes(int rows) {
      int stats = Math.max(rows, 4 * COLUMNS);
      return 4 * ((2 * rows + 2 * COLUMNS) * (dim + 4) + rows * WEIGHT_STRIDE + stats);
    }

    /** Of a backward block with four rows a lane: tiles of 128 dimensions fill more memory. */
    int warps() {
      return dim == 128 ? 2 : 4;
    }
  }

  private OfDim of(Heads heads) {
    return dims[heads.headDim() <= 32 ? 0 : heads.headDim() <= 64 ? 1 : 2];
  }

  @Override
  public int savedLength(Heads heads) {
    return savedFor(heads);
  }

  /** Two floats a row of P. */
  static int savedFor(Heads heads) {
    return heads.probabilities() / heads.keys() * 2;
  }

  @Override
  public void forward(AttentionInputs inputs, Buffer out, Buffer saved) {
    var heads = inputs.heads();
    var of = of(heads);
    int lane = forwardRows(heads, of);
    int rows = 4 * LANE_GROUPS * lane;
    var kernel = lane == 1 ? of.forward1 : lane == 4 ? of.forward4 : of.forward8;
    inputs.to(kernel).out(out).out(saved);
    AttentionInputs.sizes(heads, kernel)
        .launch(AttentionInputs.blocks(heads, heads.queries(), rows), 128, of.forwardBytes(rows));
  }

  /** Rows of a lane: many for the sake of registers, few where that would leave the GPU idle. */
  private int forwardRows(Heads heads, OfDim of) {
    if (heads.queries() <= FEW_QUERIES) {
      return 1;
    }
    boolean fills = AttentionInputs.blocks(heads, heads.queries(), 128) >= 2 * stream.processors();
    return fills && heads.queries() > 64 && of.dim < 128 ? 8 : 4;
  }

  void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p) {
    var of = of(heads);
    of.probabilities.in(q).in(k).inOrNull(masks.keys()).inOrNull(masks.queries()).out(p);
    AttentionInputs.sizes(heads, of.probabilities)
        .launch(AttentionInputs.blocks(heads, heads.queries(), 64), 128, of.forwardBytes(64));
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
    var of = of(heads);
    boolean few = heads.queries() <= FEW_QUERIES;
    int warps = few ? 4 : of.warps();
    int queries = warps * LANE_GROUPS * (few ? 1 : 4);
    int keys = of.warps() * LANE_GROUPS * 4;
    var byQuery = few ? of.dq1 : of.dq4;
    try (var delta = stream.scratch(DType.F32, heads.probabilities() / heads.keys())) {
      inputs.to(byQuery).in(out).in(saved).in(dout).out(dq).out(delta);
      AttentionInputs.sizes(heads, byQuery)
          .launch(
              AttentionInputs.blocks(heads, heads.queries(), queries),
              32 * warps,
              of.backwardBytes(queries));
      inputs.to(of.dkv).in(saved).in(delta).in(dout).out(dk).out(dv);
      AttentionInputs.sizes(heads, of.dkv)
          .launch(
              AttentionInputs.blocks(heads, heads.keys(), keys),
              32 * of.warps(),
              of.backwardBytes(keys));
    }
  }
}
