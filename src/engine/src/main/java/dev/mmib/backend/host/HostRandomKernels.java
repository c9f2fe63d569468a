package dev.mmib.backend.host;

import static dev.mmib.backend.host.HostBuffer.floats;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Philox;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.RandomKernels;
import org.jspecify.annotations.Nullable;

/** Random numbers and what is made of them, in plain Java. */
public final class HostRandomKernels implements RandomKernels {

  private final Workers workers;
  private final HostGaussianKl gaussianKl;

  public HostRandomKernels(Workers workers) {
    this.workers = workers;
    this.gaussianKl = new HostGaussianKl(workers);
  }

  @Override
  public void normal(long seed, long stream, Buffer y) {
    var to = floats(y);
    forEachTile(
        y.length(),
        (at, n, tile) -> {
          normal(seed, stream, at, tile, n);
          to.put(at, tile, 0, n);
        });
  }

  @Override
  public void uniform(long seed, long stream, Buffer y) {
    var to = floats(y);
    forEachTile(
        y.length(),
        (at, n, tile) -> {
          PhiloxTile.ofThread().uniform(seed, stream, at, tile, n);
          to.put(at, tile, 0, n);
        });
  }

  @Override
  public void dropout(Dropout dropout, Buffer x, Buffer y) {
    var from = floats(x);
    var to = floats(y);
    forEachTile(
        y.length(),
        (at, n, factors) -> {
          PhiloxTile.ofThread().factors(dropout, at, factors, n);
          var values = Scratch.floats(1, n);
          from.get(at, values, 0, n);
          for (int i = 0; i < n; i++) {
            values[i] *= factors[i];
          }
          to.put(at, values, 0, n);
        });
  }

  @Override
  public void reparameterize(long seed, long stream, Buffer mu, Buffer logVar, Buffer z) {
    var means = floats(mu);
    var logs = floats(logVar);
    var to = floats(z);
    forEachTile(
        z.length(),
        (at, n, noise) -> {
          normal(seed, stream, at, noise, n);
          var log = Scratch.floats(1, n);
          var mean = Scratch.floats(2, n);
          logs.get(at, log, 0, n);
          means.get(at, mean, 0, n);
          for (int i = 0; i < n; i++) {
            mean[i] += (float) (Math.exp(0.5 * log[i]) * noise[i]);
          }
          to.put(at, mean, 0, n);
        });
  }

  @Override
  public void reparameterizeGrad(long seed, long stream, Buffer logVar, Buffer dz, Buffer dlogVar) {
    var logs = floats(logVar);
    var upstream = floats(dz);
    var to = floats(dlogVar);
    forEachTile(
        dz.length(),
        (at, n, noise) -> {
          normal(seed, stream, at, noise, n);
          var log = Scratch.floats(1, n);
          var gradient = Scratch.floats(2, n);
          logs.get(at, log, 0, n);
          upstream.get(at, gradient, 0, n);
          for (int i = 0; i < n; i++) {
            gradient[i] *= (float) (0.5 * Math.exp(0.5 * log[i]) * noise[i]);
          }
          to.put(at, gradient, 0, n);
        });
  }

  @Override
  public void gaussianKl(
      Buffer mu, Buffer logVar, @Nullable Buffer mask, Buffer kl, int rows, int cols) {
    gaussianKl.forward(mu, logVar, mask, kl, rows, cols);
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
    gaussianKl.backward(mu, logVar, mask, dkl, dmu, dlogVar, rows, cols);
  }

  /** Works on {@code n} elements from {@code at}, a multiple of 4, with a tile as scratch. */
  @FunctionalInterface
  private interface TileBody {
    void run(int at, int n, float[] tile);
  }

  private void forEachTile(int length, TileBody body) {
    workers.forEach(
        length,
        Tiles.CHUNK,
        (begin, end) -> {
          var tile = Scratch.floats(0, Tiles.TILE);
          for (int at = begin; at < end; at += Tiles.TILE) {
            body.run(at, Tiles.length(at, end), tile);
          }
        });
  }

  private static void normal(long seed, long stream, int at, float[] tile, int n) {
    var words = new int[4];
    for (int i = 0; i < n; i++) {
      if (i % 4 == 0) {
        Philox.block(seed, stream, (at + i) / 4, words);
      }
      int pair = i % 4 / 2 * 2;
      tile[i] = (float) Philox.normal(words[pair], words[pair + 1], i % 2 == 1);
    }
  }
}
