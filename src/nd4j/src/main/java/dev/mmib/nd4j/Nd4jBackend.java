package dev.mmib.nd4j;

import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.MatMulKernels;
import dev.mmib.cpu.OffHeapBackend;
import dev.mmib.cpu.OffHeapMemory;

/**
 * The CPU by ND4J: plain convolutions by its operators, products and attention's by the OpenBLAS
 * that it brings; the rest, and convolutions with groups or dilation, in Java.
 *
 * <p>Both work on the buffers where they are. ND4J's pointwise operators are not used: they are
 * slower than Java's loops, and its GELUs are wrong. Nor is its {@code matmul}, which is no faster
 * with weights as they lie, slower than OpenBLAS' small kernels with weights in panels, and slower
 * by far for attention's many small products.
 */
public final class Nd4jBackend extends OffHeapBackend {

  private final MatMulKernels matmul;
  private final ConvolutionKernels convolution;
  private final AttentionKernels attention;
  private final String variant;

  Nd4jBackend(int threads, OffHeapMemory memory, Variant variant) {
    this(threads, memory, variant, SmallProducts.areFast());
  }

  /** For tests, which choose whether products are {@link SmallProducts} where they can be. */
  Nd4jBackend(int threads, OffHeapMemory memory, Variant variant, boolean small) {
    super(new Workers(threads), memory);
    Nd4jArrays nd4j = new Nd4jArrays(threads);
    this.matmul = new Nd4jMatMulKernels(super.matmul(), workers(), small);
    this.convolution = new Nd4jConvolutionKernels(nd4j, memory, super.convolution());
    this.attention = new Nd4jAttentionKernels(memory, norm(), workers());
    this.variant = variant.suffix().isEmpty() ? "plain" : variant.suffix().substring(1);
  }

  @Override
  public String name() {
    return "nd4j";
  }

  @Override
  public String description() {
    return "ND4J "
        + Nd4jProvider.version()
        + " ("
        + variant
        + "), products by OpenBLAS, convolutions with groups or dilation in Java, "
        + workers().threads()
        + " threads";
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
  public AttentionKernels attention() {
    return attention;
  }
}
