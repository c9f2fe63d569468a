package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.LossKernels;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Losses in plain Java; exponentials and sums in double precision. */
public final class HostLossKernels implements LossKernels {

  /** Elements of one task. */
  private static final int CHUNK = 1 << 12;

  private final Workers workers;
  private final HostInfoNce infoNce;

  public HostLossKernels(Workers workers) {
    this.workers = workers;
    this.infoNce = new HostInfoNce(workers);
  }

  @Override
  public void crossEntropy(
      Buffer x, Buffer targets, @Nullable Buffer weights, Buffer loss, int rows, int cols) {
    var logits = HostBuffer.floats(x);
    var classes = HostBuffer.ints(targets);
    var perClass = weights == null ? null : HostBuffer.floats(weights);
    var losses = HostBuffer.floats(loss);
    workers.forEach(
        rows,
        Math.max(1, CHUNK / cols),
        (from, to) -> {
          var row = Scratch.floats(0, cols);
          for (int r = from; r < to; r++) {
            int target = classes.get(r);
            if (target < 0) {
              losses.put(r, 0);
              continue;
            }
            logits.get(r * cols, row, 0, cols);
            double weight = perClass == null ? 1 : perClass.get(target);
            losses.put(r, (float) (weight * (logSumExp(row, cols) - row[target])));
          }
        });
  }

  private static double logSumExp(float[] x, int n) {
    double max = x[0];
    for (int i = 1; i < n; i++) {
      max = Math.max(max, x[i]);
    }
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += Math.exp(x[i] - max);
    }
    return max + Math.log(sum);
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
    var logits = HostBuffer.floats(x);
    var classes = HostBuffer.ints(targets);
    var perClass = weights == null ? null : HostBuffer.floats(weights);
    var dlosses = HostBuffer.floats(dloss);
    var dlogits = HostBuffer.floats(dx);
    workers.forEach(
        rows,
        Math.max(1, CHUNK / cols),
        (from, to) -> {
          var row = Scratch.floats(0, cols);
          for (int r = from; r < to; r++) {
            int target = classes.get(r);
            if (target < 0) {
              Arrays.fill(row, 0, cols, 0);
              dlogits.put(r * cols, row, 0, cols);
              continue;
            }
            logits.get(r * cols, row, 0, cols);
            double factor = dlosses.get(r) * (perClass == null ? 1d : perClass.get(target));
            double lse = logSumExp(row, cols);
            for (int j = 0; j < cols; j++) {
              double p = Math.exp(row[j] - lse);
              row[j] = (float) (factor * (j == target ? p - 1 : p));
            }
            dlogits.put(r * cols, row, 0, cols);
          }
        });
  }

  /** A pointwise function of three numbers. */
  @FunctionalInterface
  private interface Pointwise {
    double apply(double x, double target, double dloss);
  }

  @Override
  public void binaryCrossEntropy(Buffer x, Buffer target, Buffer loss) {
    pointwise(x, target, null, loss, (a, t, unused) -> softplus(a) - t * a);
  }

  @Override
  public void binaryCrossEntropyGrad(Buffer x, Buffer target, Buffer dloss, Buffer dx) {
    pointwise(x, target, dloss, dx, (a, t, d) -> d * (sigmoid(a) - t));
  }

  private void pointwise(
      Buffer x, Buffer target, @Nullable Buffer dloss, Buffer result, Pointwise f) {
    var logits = HostBuffer.floats(x);
    var targets = HostBuffer.floats(target);
    var dlosses = dloss == null ? null : HostBuffer.floats(dloss);
    var results = HostBuffer.floats(result);
    workers.forEach(
        x.length(),
        CHUNK,
        (from, to) -> {
          int n = to - from;
          var a = Scratch.floats(0, n);
          var t = Scratch.floats(1, n);
          var d = Scratch.floats(2, n);
          logits.get(from, a, 0, n);
          targets.get(from, t, 0, n);
          if (dlosses != null) { // otherwise f does not look at it
            dlosses.get(from, d, 0, n);
          }
          for (int i = 0; i < n; i++) {
            a[i] = (float) f.apply(a[i], t[i], d[i]);
          }
          results.put(from, a, 0, n);
        });
  }

  @Override
  public void infoNce(Buffer scores, Buffer loss, int n) {
    infoNce.forward(HostBuffer.floats(scores), HostBuffer.floats(loss), n);
  }

  @Override
  public void infoNceGrad(Buffer scores, Buffer dloss, Buffer dscores, int n) {
    double upstream = HostBuffer.floats(dloss).get(0);
    infoNce.backward(HostBuffer.floats(scores), upstream, HostBuffer.floats(dscores), n);
  }

  @Override
  public void logistic(Buffer logits, boolean truth, Buffer loss) {
    var from = HostBuffer.floats(logits);
    int n = logits.length();
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double value = from.get(i);
      sum += softplus(truth ? -value : value);
    }
    HostBuffer.floats(loss).put(0, (float) (sum / n));
  }

  @Override
  public void logisticGrad(Buffer logits, boolean truth, Buffer dloss, Buffer dlogits) {
    double factor = HostBuffer.floats(dloss).get(0) / (double) logits.length();
    double target = truth ? 1 : 0;
    pointwise(logits, logits, null, dlogits, (a, t, unused) -> factor * (sigmoid(a) - target));
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static double sigmoid(double x) {
    double e = Math.exp(-Math.abs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
  }
}
