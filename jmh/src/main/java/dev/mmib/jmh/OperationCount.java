package dev.mmib.jmh;

import java.util.Map;

/** Walks through the network and counts what its convolutions multiply and add. */
final class OperationCount implements PictureNetwork<OperationCount.Extent> {

  /** Channels, and the side of each. */
  record Extent(int channels, int side) {}

  private final Map<String, int[]> shapes = CONFIG.shapes();
  private double total;

  double total() {
    return total;
  }

  @Override
  public Extent convolution(String weight, Extent x, int kernel, int stride) {
    var shape = shapes.get(weight);
    if (shape == null) {
      throw new IllegalArgumentException("network: no weights '" + weight + "'");
    }
    int side = (x.side() - 1) / stride + 1; // padding keeps the side
    total += 2.0 * shape[0] * side * side * shape[1] * kernel * kernel;
    return new Extent(shape[0], side);
  }

  @Override
  public Extent normalization(String name, Extent x) {
    return x;
  }

  @Override
  public Extent relu(Extent x) {
    return x;
  }

  @Override
  public Extent add(Extent x, Extent y) {
    return x;
  }

  @Override
  public Extent maxPool(Extent x) {
    return new Extent(x.channels(), x.side() / 2);
  }

  @Override
  public Extent mean(Extent x) {
    return new Extent(x.channels(), 1);
  }
}
