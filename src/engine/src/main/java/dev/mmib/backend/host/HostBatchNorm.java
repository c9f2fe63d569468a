package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.NormKernels.Channels;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/** Batch normalization per channel, with its gradients; threads own channels. */
final class HostBatchNorm {

  private final Workers workers;

  HostBatchNorm(Workers workers) {
    this.workers = workers;
  }

  void statistics(Channels size, FloatBuffer x, FloatBuffer mean, FloatBuffer variance) {
    int n = size.batch() * size.spatial();
    forEachChannel(
        size,
        (channel, v, unused) -> {
          var total = new double[1];
          forEachTile(
              size,
              channel,
              (at, length) -> {
                x.get(at, v, 0, length);
                total[0] += sum(v, length);
              });
          double m = total[0] / n;
          total[0] = 0;
          forEachTile(
              size,
              channel,
              (at, length) -> {
                x.get(at, v, 0, length);
                total[0] += sumOfSquares(v, m, length);
              });
          mean.put(channel, (float) m);
          variance.put(channel, (float) (total[0] / n));
        });
  }

  private static double sum(float[] v, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += v[i];
    }
    return sum;
  }

  private static double sumOfSquares(float[] v, double mean, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double d = v[i] - mean;
      sum += d * d;
    }
    return sum;
  }

  void forward(
      Channels size,
      Buffer x,
      Buffer mean,
      Buffer variance,
      Buffer gamma,
      Buffer beta,
      double eps,
      Buffer y) {
    var from = floats(x);
    var to = floats(y);
    forEachChannel(
        size,
        (channel, v, unused) -> {
          float m = floats(mean).get(channel);
          float factor = (float) invStd(variance, channel, eps) * floats(gamma).get(channel);
          float shift = floats(beta).get(channel);
          forEachTile(
              size,
              channel,
              (at, length) -> {
                from.get(at, v, 0, length);
                for (int i = 0; i < length; i++) {
                  v[i] = (v[i] - m) * factor + shift;
                }
                to.put(at, v, 0, length);
              });
        });
  }

  private static double invStd(Buffer variance, int channel, double eps) {
    return 1 / Math.sqrt(floats(variance).get(channel) + eps);
  }

  void backward(
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
    var from = floats(x);
    var upstream = floats(dy);
    var to = dx == null ? null : floats(dx);
    int n = size.batch() * size.spatial();
    forEachChannel(
        size,
        (channel, v, d) -> {
          float m = floats(mean).get(channel);
          float invStd = (float) invStd(variance, channel, eps);
          var sums = new double[2]; // of dy, of dy⊙x̂
          forEachTile(
              size,
              channel,
              (at, length) -> {
                from.get(at, v, 0, length);
                upstream.get(at, d, 0, length);
                for (int i = 0; i < length; i++) {
                  sums[0] += d[i];
                  sums[1] += (double) d[i] * ((v[i] - m) * invStd);
                }
              });
          floats(dbeta).put(channel, (float) sums[0]);
          floats(dgamma).put(channel, (float) sums[1]);
          if (to == null) {
            return;
          }
          // Constant statistics let the gradient pass without these two means.
          float meanOfDy = statisticsOfX ? (float) (sums[0] / n) : 0;
          float meanOfDot = statisticsOfX ? (float) (sums[1] / n) : 0;
          float factor = invStd * floats(gamma).get(channel);
          forEachTile(
              size,
              channel,
              (at, length) -> {
                from.get(at, v, 0, length);
                upstream.get(at, d, 0, length);
                for (int i = 0; i < length; i++) {
                  d[i] = factor * (d[i] - meanOfDy - (v[i] - m) * invStd * meanOfDot);
                }
                to.put(at, d, 0, length);
              });
        });
  }

  /** Works on one channel, with two tiles as scratch. */
  @FunctionalInterface
  private interface Channel {
    void run(int channel, float[] a, float[] b);
  }

  /** Works on {@code length} neighbouring elements of a channel. */
  @FunctionalInterface
  private interface Stretch {
    void run(int at, int length);
  }

  private void forEachChannel(Channels size, Channel body) {
    workers.forEach(
        size.channels(),
        Tiles.rows(size.batch() * size.spatial()),
        (begin, end) -> {
          var a = new float[Math.min(size.spatial(), Tiles.TILE)];
          var b = new float[a.length];
          for (int channel = begin; channel < end; channel++) {
            body.run(channel, a, b);
          }
        });
  }

  private static void forEachTile(Channels size, int channel, Stretch body) {
    for (int image = 0; image < size.batch(); image++) {
      int start = (image * size.channels() + channel) * size.spatial();
      for (int at = 0; at < size.spatial(); at += Tiles.TILE) {
        body.run(start + at, Tiles.length(at, size.spatial()));
      }
    }
  }
}
