package dev.mmib.cpu;

import dev.mmib.backend.Workers;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Batch norm of pictures in {@link ChannelBlocks}, with what follows it in a residual network.
 *
 * <p>Threads own blocks of channels: what one pass has read of a block is still in the caches when
 * the next comes.
 */
final class BlockedBatchNorm {

  private final Workers workers;

  BlockedBatchNorm(Workers workers) {
    this.workers = workers;
  }

  /** The statistics and weights of all channels. */
  record Norm(FloatBuffer mean, FloatBuffer variance, FloatBuffer gamma, double eps) {

    double invStd(int channel) {
      return 1 / Math.sqrt(variance.get(channel) + eps);
    }
  }

  /** Works on {@code n} neighbouring numbers of a block of channels. */
  @FunctionalInterface
  private interface Stretch {
    void run(int at, int n);
  }

  /** Works on a block of channels, the first of which is {@code channel}. */
  @FunctionalInterface
  private interface Block {
    void run(int channel, ChannelTiles tiles);
  }

  private void forEachBlock(ChannelBlocks order, Block body) {
    int blocks = order.channels() / order.block();
    workers.forEach(
        blocks,
        1,
        (from, to) -> {
          var tiles = new ChannelTiles(order.block());
          for (int b = from; b < to; b++) {
            body.run(b * order.block(), tiles);
          }
        });
  }

  private static void forEachTile(ChannelBlocks order, int channel, Stretch body) {
    int length = order.planeLength();
    int blocks = order.channels() / order.block();
    for (int image = 0; image < order.batch(); image++) {
      int start = (image * blocks + channel / order.block()) * length;
      for (int at = 0; at < length; at += ChannelTiles.SIZE) {
        body.run(start + at, Math.min(ChannelTiles.SIZE, length - at));
      }
    }
  }

  /** Mean and biased variance of every channel. */
  void statistics(ChannelBlocks order, FloatBuffer x, FloatBuffer mean, FloatBuffer variance) {
    forEachBlock(order, (channel, t) -> statistics(order, x, mean, variance, channel, t));
  }

  /** By the sums of x − a and its square, where a is the mean of the first places. */
  private static void statistics(
      ChannelBlocks order,
      FloatBuffer x,
      FloatBuffer mean,
      FloatBuffer variance,
      int channel,
      ChannelTiles t) {
    int block = order.block();
    double n = (double) order.batch() * order.places();
    int first = Math.min(ChannelTiles.SIZE, order.planeLength());
    x.get(channel * order.places(), t.x, 0, first);
    var about = new double[block];
    for (int i = 0; i < first; i++) {
      about[i % block] += t.x[i] / (double) (first / block);
    }
    ChannelTiles.spread(about, t.a);
    t.clear();
    forEachTile(
        order,
        channel,
        (at, length) -> {
          x.get(at, t.x, 0, length);
          ChannelTiles.sumDeviations(t.x, t.a, t.sum, t.dot, length);
          t.summed();
        });
    t.fold();
    for (int lane = 0; lane < block; lane++) {
      double shift = t.sums[lane] / n;
      mean.put(channel + lane, (float) (t.a[lane] + shift));
      // A NaN must stay one.
      double spread = t.dots[lane] / n - shift * shift;
      variance.put(channel + lane, (float) Math.max(0, spread));
    }
  }

  /** Mean, factor and beta as patterns a, b, c. */
  private static void spread(Norm norm, FloatBuffer beta, int channel, ChannelTiles t) {
    var values = new double[3][t.block];
    for (int lane = 0; lane < t.block; lane++) {
      values[0][lane] = norm.mean().get(channel + lane);
      values[1][lane] = norm.invStd(channel + lane) * norm.gamma().get(channel + lane);
      values[2][lane] = beta.get(channel + lane);
    }
    ChannelTiles.spread(values[0], t.a);
    ChannelTiles.spread(values[1], t.b);
    ChannelTiles.spread(values[2], t.c);
  }

  /** {@code y = f((x − mean) · factor + beta + residual)}. */
  void forward(
      ChannelBlocks order,
      FloatBuffer x,
      Norm norm,
      FloatBuffer beta,
      @Nullable FloatBuffer residual,
      boolean relu,
      FloatBuffer y) {
    forEachBlock(
        order, (channel, t) -> forward(order, x, norm, beta, residual, relu, y, channel, t));
  }

  private static void forward(
      ChannelBlocks order,
      FloatBuffer x,
      Norm norm,
      FloatBuffer beta,
      @Nullable FloatBuffer residual,
      boolean relu,
      FloatBuffer y,
      int channel,
      ChannelTiles t) {
    spread(norm, beta, channel, t);
    forEachTile(
        order,
        channel,
        (at, n) -> {
          x.get(at, t.x, 0, n);
          if (residual == null && relu) {
            ChannelTiles.normalizeRectified(t.x, t.a, t.b, t.c, n);
          } else {
            ChannelTiles.normalize(t.x, t.a, t.b, t.c, n);
          }
          if (residual != null) {
            residual.get(at, t.y, 0, n);
            if (relu) {
              ChannelTiles.addRectified(t.x, t.y, n);
            } else {
              ChannelTiles.add(t.x, t.y, n);
            }
          }
          y.put(at, t.x, 0, n);
        });
  }

  /** Both of one block after the other. */
  void training(
      ChannelBlocks order,
      FloatBuffer x,
      Norm norm,
      FloatBuffer beta,
      @Nullable FloatBuffer residual,
      boolean relu,
      FloatBuffer y) {
    forEachBlock(
        order,
        (channel, t) -> {
          statistics(order, x, norm.mean(), norm.variance(), channel, t);
          forward(order, x, norm, beta, residual, relu, y, channel, t);
        });
  }

  /**
   * What the gradient goes through.
   *
   * @param rectified the output, by which a rectifier is differentiated; null if there is none, or
   *     if {@code beta} tells it
   * @param beta with which the output is computed again; null if not
   * @param ofX whether the statistics are those of x
   */
  record Way(@Nullable FloatBuffer rectified, @Nullable FloatBuffer beta, boolean ofX) {}

  /** The gradients of {@link #forward}; of the residual, it is dy behind the rectifier. */
  void backward(
      ChannelBlocks order,
      FloatBuffer x,
      Norm norm,
      Way way,
      FloatBuffer dy,
      @Nullable FloatBuffer dx,
      @Nullable FloatBuffer dresidual,
      FloatBuffer dgamma,
      FloatBuffer dbeta) {
    double n = (double) order.batch() * order.places();
    forEachBlock(
        order,
        (channel, t) -> {
          spread(norm, way.beta() == null ? norm.mean() : way.beta(), channel, t);
          t.clear();
          forEachTile(
              order,
              channel,
              (at, length) -> {
                load(x, way, dy, at, length, t);
                ChannelTiles.sumProducts(t.x, t.a, t.dy, t.sum, t.dot, length);
                t.summed();
                if (dresidual != null) {
                  dresidual.put(at, t.dy, 0, length);
                }
              });
          t.fold();
          for (int lane = 0; lane < t.block; lane++) {
            dbeta.put(channel + lane, (float) t.sums[lane]);
            t.dots[lane] *= norm.invStd(channel + lane);
            dgamma.put(channel + lane, (float) t.dots[lane]);
          }
          if (dx == null) {
            return;
          }
          // What has passed the rectifier lies in dresidual, still in the caches.
          var passed = new Way(null, null, way.ofX());
          if (dresidual == null) {
            dx(order, x, norm, way, dy, dx, channel, n, t);
          } else {
            dx(order, x, norm, passed, dresidual, dx, channel, n, t);
          }
        });
  }

  /** {@code dx = p·g + q·(x − mean) + r}, which is the derivative with its factors collected. */
  private static void dx(
      ChannelBlocks order,
      FloatBuffer x,
      Norm norm,
      Way way,
      FloatBuffer dy,
      FloatBuffer dx,
      int channel,
      double n,
      ChannelTiles t) {
    var q = new double[t.block];
    var r = new double[t.block];
    for (int lane = 0; lane < t.block; lane++) {
      double invStd = norm.invStd(channel + lane);
      double factor = invStd * norm.gamma().get(channel + lane);
      // Constant statistics let the gradient pass without these two means.
      q[lane] = way.ofX() ? -factor * invStd * t.dots[lane] / n : 0;
      r[lane] = way.ofX() ? -factor * t.sums[lane] / n : 0;
    }
    ChannelTiles.spread(q, t.sum);
    ChannelTiles.spread(r, t.dot);
    forEachTile(
        order,
        channel,
        (at, length) -> {
          load(x, way, dy, at, length, t);
          ChannelTiles.combine(t.x, t.a, t.dy, t.b, t.sum, t.dot, length);
          dx.put(at, t.x, 0, length);
        });
    Arrays.fill(t.sum, 0);
    Arrays.fill(t.dot, 0);
  }

  /** Loads x, and dy as it comes out of the rectifier. */
  private static void load(FloatBuffer x, Way way, FloatBuffer dy, int at, int n, ChannelTiles t) {
    x.get(at, t.x, 0, n);
    dy.get(at, t.dy, 0, n);
    if (way.rectified() != null) {
      way.rectified().get(at, t.y, 0, n);
      ChannelTiles.gate(t.dy, t.y, n);
    } else if (way.beta() != null) {
      ChannelTiles.gateNormalized(t.dy, t.x, t.a, t.b, t.c, n);
    }
  }
}
