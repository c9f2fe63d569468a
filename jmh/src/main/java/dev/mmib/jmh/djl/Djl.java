package dev.mmib.jmh.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Platform;
import dev.mmib.io.SafeTensors;
import dev.mmib.jmh.BertBase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** DJL's engine PyTorch as every contender uses it, from the class path alone. */
public final class Djl {

  private Djl() {}

  /** The engine with so many threads; asked for before anything else of DJL in a process. */
  public static Engine engine(int threads) {
    offline();
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    return Engine.getEngine("PyTorch");
  }

  /** Keeps DJL off the network and out of the home directory; before anything else of it. */
  static void offline() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty(
        "DJL_CACHE_DIR",
        Path.of(
                System.getProperty(BertBase.DATA, System.getProperty("java.io.tmpdir")),
                "mmib-benchmark-djl")
            .toString());
  }

  /** Versions of both halves. */
  public static String description(Engine engine) {
    return "DJL "
        + Engine.getDjlVersion()
        + ", "
        + engine.getEngineName()
        + " "
        + engine.getVersion()
        + ", "
        + Platform.detectPlatform("pytorch").getFlavor();
  }

  /** bert-base's weights by their names. */
  static Map<String, NDArray> bert(NDManager manager) throws IOException {
    BertBase.directory();
    var weights = new HashMap<String, NDArray>();
    try (var file = SafeTensors.open(BertBase.weights())) {
      for (var entry : file.tensors().values()) {
        var values = file.readFloats(entry.name());
        weights.put(entry.name(), manager.create(values, new Shape(entry.dims())));
      }
    }
    return weights;
  }
}
