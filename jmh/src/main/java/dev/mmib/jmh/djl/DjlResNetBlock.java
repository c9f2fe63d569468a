package dev.mmib.jmh.djl;

import ai.djl.basicmodelzoo.cv.classification.ResNetV1;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.PictureNetwork;

/**
 * DJL's own {@code ResNetV1} of 50 layers. Its strides lie in the 1×1 convolutions, so that the 3×3
 * after them see a quarter of the places: less work than torchvision's, other numbers.
 */
public final class DjlResNetBlock implements Contender {

  private final Engine engine;
  private final NDManager manager;
  private final Block block;
  private final NDArray pixels;
  private final ParameterStore parameters;

  public DjlResNetBlock(int threads, int pictures) {
    engine = Djl.engine(threads);
    manager = engine.newBaseManager();
    int side = PictureNetwork.SIDE;
    var shape = new Shape(pictures, 3, side, side);
    block =
        ResNetV1.builder()
            .setImageShape(new Shape(3, side, side))
            .setNumLayers(50)
            .setOutSize(1000)
            .build();
    block.initialize(manager, DataType.FLOAT32, shape);
    block.freezeParameters(true);
    parameters = new ParameterStore(manager, false);
    pixels = manager.create(PictureNetwork.pixels(pictures), shape);
  }

  @Override
  public void run() {
    try (var step = manager.newSubManager()) {
      pixels.attach(step);
      block.forward(parameters, new NDList(pixels), false);
      pixels.attach(manager);
    }
  }

  @Override
  public float[] result() {
    return NO_RESULT;
  }

  @Override
  public String description() {
    return Djl.description(engine) + ", ResNetV1 with its strides";
  }

  @Override
  public void close() {
    manager.close();
  }
}
