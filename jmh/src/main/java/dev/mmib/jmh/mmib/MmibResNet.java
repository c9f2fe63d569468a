package dev.mmib.jmh.mmib;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.PictureNetwork;
import dev.mmib.nn.BatchNorm2d.Statistics;
import dev.mmib.nn.Parameters;
import dev.mmib.op.Reduction;
import dev.mmib.resnet.ResNet;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;

/** This library's ResNet-50: its features, or a forward and a backward pass. */
public final class MmibResNet implements Contender {

  private final Backend backend;
  private final Parameters parameters;
  private final ResNet network;
  private final Shape shape;
  private final float[] pixels;
  private final boolean training;
  private float[] result = NO_RESULT;

  /** One on a device, for so many pictures. */
  public MmibResNet(Device device, int pictures, boolean training) {
    this.backend = device.open();
    this.parameters = new Parameters(backend, PictureNetwork.random());
    this.network = ResNet.of(parameters, PictureNetwork.CONFIG);
    this.shape = Shape.of(pictures, 3, PictureNetwork.SIDE, PictureNetwork.SIDE);
    this.pixels = PictureNetwork.pixels(pictures);
    this.training = training;
  }

  @Override
  public void run() {
    if (training) {
      train();
    } else {
      try (var scope = Scope.open(backend, Mode.INFER)) {
        result = network.features(scope.of(shape, pixels), Statistics.RUNNING).toFloats();
      }
    }
  }

  /** To the gradients of all weights, of the mean over all features. */
  private void train() {
    try (var scope = Scope.open(backend, Mode.TRAIN)) {
      Tensor loss = Reduction.mean(network.features(scope.of(shape, pixels), Statistics.BATCH));
      var gradients = Tape.gradients(loss);
      if (gradients.find(parameters.tensor("conv1.weight")) == null) {
        throw new IllegalStateException("training: the first weights have no gradient");
      }
      result = new float[] {loss.item()};
    }
  }

  @Override
  public float[] result() {
    run();
    return result;
  }

  @Override
  public String description() {
    return backend.description();
  }

  @Override
  public void close() {
    parameters.close();
    backend.close();
  }
}
