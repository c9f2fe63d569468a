package dev.mmib.cpu;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Precision;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.ElementwiseKernels;
import dev.mmib.backend.kernel.MatMulKernels;
import dev.mmib.backend.kernel.NormKernels;
import dev.mmib.backend.kernel.PoolingKernels;
import org.jspecify.annotations.Nullable;

/**
 * The CPU by oneDNN: products, convolutions, attention and normalizations; the rest in Java.
 *
 * <p>Pictures stay in {@link ChannelBlocks} from one convolution to the next, and so through norms,
 * sums, rectifiers and pooling.
 *
 * <p>Both work on the same memory outside the heap and with the same number of threads. Results of
 * equal calls are bit-equal. Needs AVX-512 or AVX2 to be fast and nothing beyond SSE 4.1 to run.
 */
public final class CpuBackend extends OffHeapBackend {

  private final OneDnn oneDnn;
  private final Precision precision;
  private final MatMulKernels matmul;
  private final @Nullable ReducedMatMulKernels reduced;
  private final ElementwiseKernels elementwise;
  private final OneDnnConvolutionKernels convolution;
  private final PoolingKernels pooling;
  private final NormKernels norm;
  private final AttentionKernels attention;

  /** A backend of {@code threads} threads. */
  public CpuBackend(int threads) {
    this(threads, Precision.FP32);
  }

  /**
   * A backend of {@code threads} threads.
   *
   * @param precision of the linear layers of inference; other than FP32, it refuses training
   */
  public CpuBackend(int threads, Precision precision) {
    this(
        threads,
        offered(precision),
        new OffHeapMemory(),
        Platform.current().name().endsWith("x86_64"));
  }

  private static Precision offered(Precision precision) {
    if (precision != Precision.FP32 && !new CpuProvider().precisions().contains(precision)) {
      throw new IllegalArgumentException(
          "cpu: precision " + precision + " vs " + new CpuProvider().precisions());
    }
    return precision;
  }

  /**
   * For tests, which choose.
   *
   * @param sgemm whether products are {@link Gemm}'s or, where that is slow, primitives
   */
  CpuBackend(int threads, OffHeapMemory memory, boolean sgemm) {
    this(threads, Precision.FP32, memory, sgemm);
  }

  private CpuBackend(int threads, Precision precision, OffHeapMemory memory, boolean sgemm) {
    super(new Workers(threads), memory);
    this.precision = precision;
    this.oneDnn = new OneDnn(workers(), memory);
    Gemm gemm = new Gemm(oneDnn);
    Arranger arranger = new Arranger(workers());
    this.elementwise = new OrderedElementwiseKernels(arranger, super.elementwise());
    this.convolution = new OneDnnConvolutionKernels(oneDnn, arranger, super.convolution());
    this.pooling = new BlockedPoolingKernels(workers(), super.pooling());
    this.norm = new OneDnnNormKernels(oneDnn, super.norm(), workers(), arranger);
    MatMulKernels exact =
        sgemm
            ? new GemmMatMulKernels(gemm, super.matmul(), workers())
            : new OneDnnMatMulKernels(oneDnn, super.matmul());
    this.reduced =
        precision == Precision.FP32 ? null : new ReducedMatMulKernels(oneDnn, precision, exact);
    this.matmul = reduced == null ? exact : reduced;
    this.attention =
        sgemm
            ? new GemmAttentionKernels(oneDnn)
            : new OneDnnAttentionKernels(oneDnn, norm, workers());
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public String description() {
    return "oneDNN "
        + OneDnn.version()
        + ", "
        + OneDnn.instructions()
        + ", "
        + (oneDnn.setsThreads()
            ? workers().threads() + " threads"
            : workers().threads() + " Java threads, oneDNN's by OMP_NUM_THREADS")
        + switch (precision) {
          case BF16 -> ", bfloat16 in linear layers";
          case INT8 -> ", 8 bits in linear layers";
          default -> "";
        }
        + (HeldSignals.areMissing() ? ", not safe under profilers that send signals" : "");
  }

  @Override
  public boolean trains() {
    return precision == Precision.FP32;
  }

  OneDnn oneDnn() {
    return oneDnn;
  }

  @Override
  public ElementwiseKernels elementwise() {
    return elementwise;
  }

  @Override
  public PoolingKernels pooling() {
    return pooling;
  }

  @Override
  public MatMulKernels matmul() {
    return matmul;
  }

  @Override
  public ConvolutionKernels convolution() {
    return convolution;
  }

  @Override
  public NormKernels norm() {
    return norm;
  }

  @Override
  public AttentionKernels attention() {
    return attention;
  }

  @Override
  public Backend understudy() {
    return new CpuBackend(1, precision);
  }

  @Override
  public void close() {
    if (reduced != null) {
      reduced.close();
    }
    convolution.close();
    oneDnn.close();
    super.close();
  }
}
