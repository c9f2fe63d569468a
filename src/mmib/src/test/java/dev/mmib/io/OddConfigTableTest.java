package dev.mmib.io;

import static dev.mmib.io.ConfigTableTest.set;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.bert.Activation;
import dev.mmib.bert.BertConfig;
import dev.mmib.fault.Warnings;
import dev.mmib.io.ConfigTableTest.Change;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Those rows C01 to C15 of the catalogue that load: odd, but consistent. */
class OddConfigTableTest {

  @TempDir Path dir;

  /** An odd input, what is warned of ("" for nothing), and a value to find. */
  record Taken(
      String id, Change change, String warning, Function<BertConfig, Object> value, Object wanted) {
    @Override
    public String toString() {
      return id;
    }
  }

  private static Taken taken(
      String id, String key, String value, Function<BertConfig, Object> found, Object wanted) {
    return new Taken(id, set(key, value), "", found, wanted);
  }

  private static Taken unconcerned(String id, String key, String value, String warning) {
    return new Taken(id, set(key, value), warning, BertConfig::hiddenSize, 32);
  }

  static Stream<Taken> taken() {
    return Stream.of(defaults(), odd(), others()).flatMap(List::stream);
  }

  private static Taken byDefault(
      String id, String key, Function<BertConfig, Object> found, Object wanted) {
    return new Taken(id, model -> model.drop(key), "", found, wanted);
  }

  private static List<Taken> defaults() {
    return List.of(
        byDefault("C01d: eps by default", "layer_norm_eps", BertConfig::layerNormEps, 1e-12),
        byDefault("C01e: act by default", "hidden_act", BertConfig::activation, Activation.GELU),
        byDefault("C01f: types by default", "type_vocab_size", BertConfig::tokenTypes, 2),
        byDefault("C01g: padding by default", "pad_token_id", BertConfig::padId, 0),
        taken(
            "C01h: null is the default", "layer_norm_eps", "null", BertConfig::layerNormEps, 1e-12),
        taken("C02b: 32.0", "hidden_size", "32.0", BertConfig::hiddenSize, 32));
  }

  private static List<Taken> odd() {
    return List.of(
        new Taken(
            "C04g: one position",
            model -> {
              model.set("max_position_embeddings", "1");
              model.reshape("embeddings.position_embeddings.weight", 1, 32);
            },
            "",
            BertConfig::maxPositions,
            1),
        new Taken(
            "C04h: one token type",
            model -> {
              model.set("type_vocab_size", "1");
              model.reshape("embeddings.token_type_embeddings.weight", 1, 32);
            },
            "",
            BertConfig::tokenTypes,
            1),
        new Taken(
            "C04i: fewer layers than the weights have",
            set("num_hidden_layers", "1"),
            "16 tensors of layers beyond num_hidden_layers, 1,",
            BertConfig::layers,
            1),
        taken("C05d: gelu", "hidden_act", "\"gelu\"", BertConfig::activation, Activation.GELU),
        taken(
            "C05e: gelu_new",
            "hidden_act",
            "\"gelu_new\"",
            BertConfig::activation,
            Activation.GELU_NEW),
        taken(
            "C05f: gelu_pytorch_tanh",
            "hidden_act",
            "\"gelu_pytorch_tanh\"",
            BertConfig::activation,
            Activation.GELU_PYTORCH_TANH),
        taken("C05g: relu", "hidden_act", "\"relu\"", BertConfig::activation, Activation.RELU),
        new Taken(
            "C07d: a padded vocabulary",
            model ->
                model.write("vocab.txt", String.join("\n", model.vocabulary().subList(0, 110))),
            "110 tokens for 120 rows",
            BertConfig::vocabularySize,
            120));
  }

  private static List<Taken> others() {
    return List.of(
        unconcerned("C12m: one label", "id2label", "{\"0\": \"A\"}", ""),
        unconcerned(
            "C12n: any order",
            "id2label",
            "{\"1\": \"B\", \"0\": \"A\"},\n\"label2id\": {\"A\": 0, \"B\": 1}",
            ""),
        new Taken(
            "C13s: no model_type",
            model -> model.drop("model_type"),
            "no model_type",
            BertConfig::hiddenSize,
            32),
        unconcerned("C13t: odd architectures", "architectures", "[\"Odd\", \"Roberta\"]", ""),
        unconcerned("C14f: float16", "torch_dtype", "\"float16\"", ""),
        unconcerned("C14g: bfloat16", "torch_dtype", "\"bfloat16\"", ""),
        unconcerned("C14h: no decoder", "is_decoder", "false", ""),
        unconcerned("C14i: null positions", "position_embedding_type", "null", ""),
        unconcerned(
            "C15a: auto_map", "auto_map", "{\"AutoModel\": \"m.Model\"}", "auto_map is ignored"),
        unconcerned(
            "C15b: remote code", "trust_remote_code", "true", "trust_remote_code is ignored"),
        unconcerned(
            "C15c: pipelines", "custom_pipelines", "{\"x\": {\"impl\": \"y.Z\"}}", "is ignored"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("taken")
  void takes(Taken row) throws IOException {
    row.change.to(TinyBert.in(dir));
    try (var warnings = new Warnings("dev.mmib")) {
      assertEquals(row.wanted, row.value.apply(ConfigTableTest.load(dir)));
      var told = warnings.take();
      assertEquals(row.warning.isEmpty() ? 0 : 1, told.size(), told.toString());
      assertTrue(told.toString().contains(row.warning), told::toString);
    }
  }
}
