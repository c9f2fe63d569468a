package dev.mmib.backend.host;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Workers;
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
 * A backend whose kernels are plain Java over {@link HostBuffer}s; subclasses bring the memory, and
 * replace the families that a library serves better.
 */
public abstract class HostBackend implements Backend {

  private final Workers workers;
  private final ElementwiseKernels elementwise;
  private final ReductionKernels reduction;
  private final LayoutKernels layout;
  private final LookupKernels lookup;
  private final MatMulKernels matmul;
  private final AttentionKernels attention;
  private final NormKernels norm;
  private final ConvolutionKernels convolution;
  private final PoolingKernels pooling;
  private final RandomKernels random;
  private final LossKernels loss;
  private final CrfKernels crf;
  private final OptimizerKernels optimizer;

  /** Takes over {@code workers}: they are closed with the backend. */
  protected HostBackend(Workers workers) {
    this.workers = workers;
    this.elementwise = new HostElementwiseKernels(workers);
    this.reduction = new HostReductionKernels(workers);
    this.layout = new HostLayoutKernels(workers);
    this.lookup = new HostLookupKernels(workers);
    this.matmul = new HostMatMulKernels(workers);
    this.attention = new HostAttentionKernels(workers);
    this.norm = new HostNormKernels(workers);
    this.convolution = new HostConvolutionKernels(workers);
    this.pooling = new HostPoolingKernels(workers);
    this.random = new HostRandomKernels(workers);
    this.loss = new HostLossKernels(workers);
    this.crf = new HostCrfKernels(workers);
    this.optimizer = new HostOptimizerKernels(workers);
  }

  protected final Workers workers() {
    return workers;
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

  @Override
  public void close() {
    workers.close();
  }
}
