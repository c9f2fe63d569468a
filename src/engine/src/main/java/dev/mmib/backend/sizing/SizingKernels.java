package dev.mmib.backend.sizing;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.backend.kernel.CrfKernels;
import dev.mmib.backend.kernel.CrfKernels.Chain;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.ElementwiseKernels;
import dev.mmib.backend.kernel.ElementwiseKernels.Binary;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.LayoutKernels;
import dev.mmib.backend.kernel.LookupKernels;
import dev.mmib.backend.kernel.LossKernels;
import dev.mmib.backend.kernel.MatMulKernels;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import dev.mmib.backend.kernel.NormKernels;
import dev.mmib.backend.kernel.NormKernels.Channels;
import dev.mmib.backend.kernel.OptimizerKernels;
import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;
import dev.mmib.backend.kernel.PoolingKernels;
import dev.mmib.backend.kernel.PoolingKernels.Pool2d;
import dev.mmib.backend.kernel.RandomKernels;
import dev.mmib.backend.kernel.ReductionKernels;
import org.jspecify.annotations.Nullable;

/**
 * Kernels that do nothing but refuse buffers that are closed or of another device.
 *
 * <p>What is told of the attention, of convolutions and norms is told by the device whose place
 * this takes: how much it keeps for the way back, and what it does in one pass, is its own affair.
 */
final class SizingKernels
    implements AttentionKernels,
        ConvolutionKernels,
        CrfKernels,
        ElementwiseKernels,
        LayoutKernels,
        LookupKernels,
        LossKernels,
        MatMulKernels,
        NormKernels,
        OptimizerKernels,
        PoolingKernels,
        RandomKernels,
        ReductionKernels {

  /** Above any bound on a gradient's norm, so that the way with clipping is the one measured. */
  private static final double LARGE = 1e30;

  private final AttentionKernels attention;
  private final ConvolutionKernels convolution;
  private final NormKernels norm;

  SizingKernels(Backend standsFor) {
    this.attention = standsFor.attention();
    this.convolution = standsFor.convolution();
    this.norm = standsFor.norm();
  }

  private static void requireOpen(Buffer... buffers) {
    for (var buffer : buffers) {
      SizeBuffer.of(buffer).requireOpen();
    }
  }

  @Override
  public int savedLength(Heads heads) {
    return attention.savedLength(heads);
  }

  @Override
  public int scratchLength(Heads heads) {
    return attention.scratchLength(heads);
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
    requireOpen(q, k, v, out, saved);
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
    requireOpen(q, k, v, out, saved, dout, dq, dk, dv);
  }

  @Override
  public void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p) {
    requireOpen(q, k, p);
  }

  @Override
  public void forward(Conv2d conv, Buffer x, Buffer w, @Nullable Buffer bias, Buffer y) {
    requireOpen(x, w, y);
  }

  @Override
  public int keptLength(Conv2d conv) {
    return convolution.keptLength(conv);
  }

  @Override
  public boolean folds(Conv2d conv) {
    return convolution.folds(conv);
  }

  @Override
  public void normalized(
      Conv2d conv,
      Buffer x,
      Buffer w,
      Norm norm,
      @Nullable Buffer residual,
      boolean relu,
      Buffer y) {
    requireOpen(x, w, norm.gamma(), norm.beta(), norm.mean(), norm.variance(), y);
    SizeBuffer.of(w).keep(convolution.keptLength(conv));
    if (residual != null) {
      requireOpen(residual);
    }
  }

  @Override
  public void backwardData(Conv2d conv, Buffer dy, Buffer w, Buffer dx) {
    requireOpen(dy, w, dx);
  }

  @Override
  public void backwardWeights(Conv2d conv, Buffer x, Buffer dy, Buffer dw) {
    requireOpen(x, dy, dw);
  }

  @Override
  public void logLikelihood(Chain chain, Buffer tags, Buffer out) {
    requireOpen(tags, out);
  }

  @Override
  public void logLikelihoodGrad(
      Chain chain,
      Buffer tags,
      Buffer dout,
      Buffer demissions,
      Buffer dtransitions,
      Buffer dstart,
      Buffer dend) {
    requireOpen(tags, dout, demissions, dtransitions, dstart, dend);
  }

  @Override
  public void marginals(Chain chain, Buffer p) {
    requireOpen(p);
  }

  @Override
  public void best(Chain chain, int k, Buffer paths, Buffer scores) {
    requireOpen(paths, scores);
  }

  @Override
  public void unary(Unary f, Buffer x, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void unaryGrad(Unary f, Buffer x, Buffer y, Buffer dy, Buffer dx) {
    requireOpen(x, y, dy, dx);
  }

  @Override
  public void binary(Binary f, Buffer a, Buffer b, Buffer y) {
    requireOpen(a, b, y);
  }

  @Override
  public void binaryBroadcast(
      Binary f, Buffer a, int[] aStrides, Buffer b, int[] bStrides, Buffer y, int[] dims) {
    requireOpen(a, b, y);
  }

  @Override
  public void affine(Buffer x, double scale, double shift, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void accumulate(Buffer x, Buffer sum) {
    requireOpen(x, sum);
  }

  @Override
  public void fill(Buffer y, double value) {
    requireOpen(y);
  }

  @Override
  public void biasUnary(Unary f, Buffer x, Buffer bias, Buffer y, int rows, int cols) {
    requireOpen(x, bias, y);
  }

  @Override
  public void biasUnaryGrad(
      Unary f, Buffer x, Buffer bias, Buffer dy, Buffer dx, Buffer dbias, int rows, int cols) {
    requireOpen(x, bias, dy, dx, dbias);
  }

  @Override
  public void copyBlocks(
      Buffer src,
      int srcAt,
      int srcStride,
      Buffer dst,
      int dstAt,
      int dstStride,
      int block,
      int count) {
    requireOpen(src, dst);
  }

  @Override
  public void permute(Buffer x, int[] dims, int[] permutation, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void gatherRows(Buffer table, Buffer ids, Buffer y, int cols) {
    requireOpen(table, ids, y);
  }

  @Override
  public void scatterAddRows(Buffer y, Buffer ids, Buffer table, int cols) {
    requireOpen(y, ids, table);
  }

  @Override
  public int[] range(Buffer ids) {
    int least = Integer.MAX_VALUE;
    int most = Integer.MIN_VALUE;
    for (int id : SizeBuffer.of(ids).ints()) {
      least = Math.min(least, id);
      most = Math.max(most, id);
    }
    return ids.length() == 0 ? new int[] {0, -1} : new int[] {least, most};
  }

  @Override
  public void crossEntropy(
      Buffer x, Buffer targets, @Nullable Buffer weights, Buffer loss, int rows, int cols) {
    requireOpen(x, targets, loss);
  }

  @Override
  public void crossEntropyGrad(
      Buffer x,
      Buffer targets,
      @Nullable Buffer weights,
      Buffer dloss,
      Buffer dx,
      int rows,
      int cols) {
    requireOpen(x, targets, dloss, dx);
  }

  @Override
  public void binaryCrossEntropy(Buffer x, Buffer target, Buffer loss) {
    requireOpen(x, target, loss);
  }

  @Override
  public void binaryCrossEntropyGrad(Buffer x, Buffer target, Buffer dloss, Buffer dx) {
    requireOpen(x, target, dloss, dx);
  }

  @Override
  public void infoNce(Buffer scores, Buffer loss, int n) {
    requireOpen(scores, loss);
  }

  @Override
  public void infoNceGrad(Buffer scores, Buffer dloss, Buffer dscores, int n) {
    requireOpen(scores, dloss, dscores);
  }

  @Override
  public void logistic(Buffer logits, boolean truth, Buffer loss) {
    requireOpen(logits, loss);
  }

  @Override
  public void logisticGrad(Buffer logits, boolean truth, Buffer dloss, Buffer dlogits) {
    requireOpen(logits, dloss, dlogits);
  }

  @Override
  public void matmul(Product product, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    requireOpen(a, b, c);
  }

  @Override
  public void softmax(Buffer x, Buffer y, int rows, int cols) {
    requireOpen(x, y);
  }

  @Override
  public void softmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    requireOpen(y, dy, dx);
  }

  @Override
  public void logSoftmax(Buffer x, Buffer y, int rows, int cols) {
    requireOpen(x, y);
  }

  @Override
  public void logSoftmaxGrad(Buffer y, Buffer dy, Buffer dx, int rows, int cols) {
    requireOpen(y, dy, dx);
  }

  @Override
  public void layerNorm(
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    requireOpen(x, gamma, beta, y, mean, invStd);
  }

  @Override
  public void layerNormGrad(
      Buffer x,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    requireOpen(x, gamma, mean, invStd, dy, dx, dgamma, dbeta);
  }

  @Override
  public void residualLayerNorm(
      Dropout dropout,
      Buffer x,
      Buffer residual,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer sum,
      Buffer y,
      Buffer mean,
      Buffer invStd,
      int rows,
      int cols) {
    requireOpen(x, residual, gamma, beta, sum, y, mean, invStd);
  }

  @Override
  public void residualLayerNormGrad(
      Dropout dropout,
      Buffer sum,
      Buffer gamma,
      Buffer mean,
      Buffer invStd,
      Buffer dy,
      Buffer dx,
      Buffer dresidual,
      Buffer dgamma,
      Buffer dbeta,
      int rows,
      int cols) {
    requireOpen(sum, gamma, mean, invStd, dy, dx, dresidual, dgamma, dbeta);
  }

  @Override
  public void normalizeRows(Buffer x, Buffer y, Buffer invNorm, int rows, int cols) {
    requireOpen(x, y, invNorm);
  }

  @Override
  public void normalizeRowsGrad(
      Buffer y, Buffer invNorm, Buffer dy, Buffer dx, int rows, int cols) {
    requireOpen(y, invNorm, dy, dx);
  }

  @Override
  public void batchStatistics(Channels size, Buffer x, Buffer mean, Buffer variance) {
    requireOpen(x, mean, variance);
  }

  @Override
  public void batchNorm(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y) {
    requireOpen(x, mean, variance, gamma, beta, y);
  }

  @Override
  public boolean fusesBatchNorm(Channels size) {
    return norm.fusesBatchNorm(size);
  }

  @Override
  public void batchNormTraining(
      Channels size,
      Buffer x,
      Buffer gamma,
      Buffer beta,
      double eps,
      @Nullable Buffer residual,
      boolean relu,
      Buffer y,
      Buffer mean,
      Buffer variance) {
    requireOpen(x, gamma, beta, y, mean, variance);
    if (residual != null) {
      requireOpen(residual);
    }
  }

  @Override
  public void batchNormTrainingGrad(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      Buffer beta,
      double eps,
      boolean hasResidual,
      boolean relu,
      Buffer y,
      Buffer dy,
      @Nullable Buffer dx,
      @Nullable Buffer dresidual,
      Buffer dgamma,
      Buffer dbeta) {
    requireOpen(x, mean, variance, gamma, beta, y, dy, dgamma, dbeta);
    for (var out : new @Nullable Buffer[] {dx, dresidual}) {
      if (out != null) {
        requireOpen(out);
      }
    }
  }

  @Override
  public void batchNormGrad(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      double eps,
      boolean statisticsOfX,
      Buffer dy,
      @Nullable Buffer dx,
      Buffer dgamma,
      Buffer dbeta) {
    requireOpen(x, mean, variance, gamma, dy, dgamma, dbeta);
  }

  @Override
  public void adam(AdamStep step, Buffer parameter, Buffer gradient, Buffer m, Buffer v) {
    requireOpen(parameter, gradient, m, v);
  }

  @Override
  public double sumOfSquares(Buffer x) {
    requireOpen(x);
    return LARGE;
  }

  @Override
  public void max(Pool2d pool, Buffer x, Buffer y, @Nullable Buffer argmax) {
    requireOpen(x, y);
    if (argmax != null) {
      requireOpen(argmax);
    }
  }

  @Override
  public void maxGrad(Pool2d pool, Buffer argmax, Buffer dy, Buffer dx) {
    requireOpen(argmax, dy, dx);
  }

  @Override
  public void average(Pool2d pool, boolean countPadding, Buffer x, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void averageGrad(Pool2d pool, boolean countPadding, Buffer dy, Buffer dx) {
    requireOpen(dy, dx);
  }

  @Override
  public void adaptiveAverage(
      int planes, int height, int width, int outHeight, int outWidth, Buffer x, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void adaptiveAverageGrad(
      int planes, int height, int width, int outHeight, int outWidth, Buffer dy, Buffer dx) {
    requireOpen(dy, dx);
  }

  @Override
  public void normal(long seed, long stream, Buffer y) {
    requireOpen(y);
  }

  @Override
  public void uniform(long seed, long stream, Buffer y) {
    requireOpen(y);
  }

  @Override
  public void dropout(Dropout dropout, Buffer x, Buffer y) {
    requireOpen(x, y);
  }

  @Override
  public void reparameterize(long seed, long stream, Buffer mu, Buffer logVar, Buffer z) {
    requireOpen(mu, logVar, z);
  }

  @Override
  public void reparameterizeGrad(long seed, long stream, Buffer logVar, Buffer dz, Buffer dlogVar) {
    requireOpen(logVar, dz, dlogVar);
  }

  @Override
  public void gaussianKl(
      Buffer mu, Buffer logVar, @Nullable Buffer mask, Buffer kl, int rows, int cols) {
    requireOpen(mu, logVar, kl);
  }

  @Override
  public void gaussianKlGrad(
      Buffer mu,
      Buffer logVar,
      @Nullable Buffer mask,
      Buffer dkl,
      Buffer dmu,
      Buffer dlogVar,
      int rows,
      int cols) {
    requireOpen(mu, logVar, dkl, dmu, dlogVar);
  }

  @Override
  public void sum(Buffer x, Buffer y, int outer, int axis, int inner) {
    requireOpen(x, y);
  }
}
