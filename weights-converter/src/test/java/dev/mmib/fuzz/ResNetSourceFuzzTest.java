package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.io.ResNetSource;

/** Any bytes as the files of a picture encoder's directory. */
class ResNetSourceFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @DictionaryEntries({
    "\"model_type\"",
    "\"resnet\"",
    "\"depths\"",
    "\"hidden_sizes\"",
    "\"layer_type\"",
    "\"bottleneck\"",
    "\"downsample_in_bottleneck\"",
    "\"size\"",
    "\"shortest_edge\"",
    "\"height\"",
    "\"width\"",
    "\"crop_size\"",
    "\"crop_pct\"",
    "\"image_mean\"",
    "\"image_std\"",
    "\"resample\"",
    "\"do_normalize\"",
    "\"rescale_factor\"",
    "\"hidden_act\"",
    "\"relu\""
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 2_000_000)
  void readsOrRefusesADirectory(byte[] data) {
    SCRATCH.writeParts(data, "config.json", "preprocessor_config.json", "model.safetensors");
    Contract.hold(
        data.length,
        () -> {
          var source = ResNetSource.open(SCRATCH.directory());
          source.imageConfig();
          source.weights().close();
        });
  }
}
