package dev.mmib.nd4j;

import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.MatMulKernels;
import dev.mmib.cpu.OffHeapBackend;
import dev.mmib.cpu.OffHeapMemory;

/**
 * The CPU by ND4J: products, plain convolutions, and attention's products; the rest, and
 * convolutions with groups or dilation, in Java.
 *
 * <p>ND4J works on the buffers where they are. Its pointwise operators are not used: they are
 * slower than Java's loops, and its GELUs are wrong.
 */
public final class Nd4jBackend extends OffHeapBackend {

  private final MatMulKernels matmul;
  private final ConvolutionKernels convolution;
  private final AttentionKernels attention;
  private final String variant;

  Nd4jBackend(int threads, OffHeapMemory memory, Variant variant) {
    super(new Workers(threads), memory);
    Nd4jArrays nd4j = new Nd4jArrays(threads);
    this.matmul = new Nd4jMatMulKernels(nd4j, super.matmul(), workers());
    this.convolution = new Nd4jConvolutionKernels(nd4j, memory, super.convolution());
    this.attention = new Nd4jAttentionKernels(nd4j, memory, norm(), workers());
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
        + "), convolutions with groups or dilation in Java, "
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
