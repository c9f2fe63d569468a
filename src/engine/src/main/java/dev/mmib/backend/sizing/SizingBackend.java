package dev.mmib.backend.sizing;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.MemoryMeter;
import dev.mmib.backend.MemoryUse;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.CrfKernels;
import dev.mmib.backend.kernel.ElementwiseKernels;
import dev.mmib.backend.kernel.LayoutKernels;
import dev.mmib.backend.kernel.LookupKernels;
import dev.mmib.backend.kernel.LossKernels;
import dev.mmib.backend.kernel.MatMulKernels;
import dev.mmib.backend.kernel.NormKernels;
import dev.mmib.backend.kernel.OptimizerKernels;
import dev.mmib.backend.kernel.PoolingKernels;
import dev.mmib.backend.kernel.RandomKernels;
import dev.mmib.backend.kernel.ReductionKernels;

/**
 * A device whose buffers are sizes only, and whose kernels do nothing but refuse buffers that are
 * closed or of another device.
 *
 * <p>What runs on it allocates and frees as it would on the device that it stands for, so that
 * {@link #memory} tells the exact peak of the tensors of a computation that was never done. Floats
 * read as zeros; ints are remembered, because lengths and labels steer the computation. How much is
 * kept for the way back, and what goes in one pass, is the device's own affair: it is asked.
 */
public final class SizingBackend implements Backend {

  private final Backend standsFor;
  private final boolean rounds;
  private final MemoryMeter meter = new MemoryMeter();
  private final MemoryMeter footprints = new MemoryMeter();
  private final ElementwiseKernels elementwise = new SizingElementwiseKernels();
  private final ReductionKernels reduction = new SizingReductionKernels();
  private final LayoutKernels layout = new SizingLayoutKernels();
  private final LookupKernels lookup = new SizingLookupKernels();
  private final MatMulKernels matmul;
  private final AttentionKernels attention;
  private final NormKernels norm;
  private final ConvolutionKernels convolution;
  private final PoolingKernels pooling = new SizingPoolingKernels();
  private final RandomKernels random = new SizingRandomKernels();
  private final LossKernels loss = new SizingLossKernels();
  private final CrfKernels crf = new SizingCrfKernels();
  private final OptimizerKernels optimizer = new SizingOptimizerKernels();

  /** A stand-in for a device, which stays untouched and may be closed before this one. */
  public SizingBackend(Backend standsFor) {
    this(standsFor, true);
  }

  /**
   * The same where nobody wants to know footprints, which may take a device long to find out.
   *
   * @param rounds whether footprints are the device's, or just the bytes of elements
   */
  public SizingBackend(Backend standsFor, boolean rounds) {
    this.standsFor = standsFor;
    this.rounds = rounds;
    this.matmul = new SizingMatMulKernels(standsFor.matmul());
    this.attention = new SizingAttentionKernels(standsFor.attention());
    this.norm = new SizingNormKernels(standsFor.norm());
    this.convolution = new SizingConvolutionKernels(standsFor.convolution());
  }

  @Override
  public String name() {
    return standsFor.name();
  }

  @Override
  public String description() {
    return "sizes of " + standsFor.description();
  }

  @Override
  public Buffer allocate(DType type, int length) {
    return new SizeBuffer(type, length, this);
  }

  void allocated(int length) {
    meter.allocated(4L * length);
    footprints.allocated(footprint(length));
  }

  void freed(int length) {
    meter.freed(4L * length);
    footprints.freed(footprint(length));
  }

  /** What the device keeps beside a tensor is no tensor, but takes room. */
  void kept(int length) {
    if (length > 0) {
      footprints.allocated(footprint(length));
    }
  }

  void dropped(int length) {
    if (length > 0) {
      footprints.freed(footprint(length));
    }
  }

  /** What the device takes for a moment, while a kernel runs. */
  void passing(int length) {
    kept(length);
    dropped(length);
  }

  @Override
  public void upload(float[] from, int offset, Buffer to, int at, int length) {
    SizeBuffer.of(to).requireOpen();
  }

  @Override
  public void download(Buffer from, int at, float[] to, int offset, int length) {
    SizeBuffer.of(from).requireOpen();
  }

  @Override
  public void upload(int[] from, int offset, Buffer to, int at, int length) {
    System.arraycopy(from, offset, SizeBuffer.of(to).ints(), at, length);
  }

  @Override
  public void download(Buffer from, int at, int[] to, int offset, int length) {
    System.arraycopy(SizeBuffer.of(from).ints(), at, to, offset, length);
  }

  @Override
  public MemoryUse memory() {
    return meter.use();
  }

  /** The same peak as the device would feel it, with all rounding. */
  public long peakFootprint() {
    return footprints.use().peakBytes();
  }

  @Override
  public long footprint(int length) {
    return rounds ? standsFor.footprint(length) : 4L * length;
  }

  @Override
  public long availableBytes() {
    return standsFor.availableBytes();
  }

  @Override
  public ElementwiseKernels elementwise() {
    return elementwise;
  }

  @Override
  public ReductionKernels reduction() {
    return reduction;
  }

  @Override
  public LayoutKernels layout() {
    return layout;
  }

  @Override
  public LookupKernels lookup() {
    return lookup;
  }

  @Override
  public MatMulKernels matmul() {
    return matmul;
  }

  @Override
  public AttentionKernels attention() {
    return attention;
  }

  @Override
  public NormKernels norm() {
    return norm;
  }

  @Override
  public ConvolutionKernels convolution() {
    return convolution;
  }

  @Override
  public PoolingKernels pooling() {
    return pooling;
  }

  @Override
  public RandomKernels random() {
    return random;
  }

  @Override
  public LossKernels loss() {
    return loss;
  }

  @Override
  public CrfKernels crf() {
    return crf;
  }

  @Override
  public OptimizerKernels optimizer() {
    return optimizer;
  }

  /** Frees nothing: there is nothing. */
  @Override
  public void close() {}
}
