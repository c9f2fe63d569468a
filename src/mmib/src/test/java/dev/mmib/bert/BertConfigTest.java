package dev.mmib.bert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BertConfigTest {

  private static final List<String> GOOD =
      List.of(
          "\"model_type\": \"bert\"",
          "\"vocab_size\": 100",
          "\"hidden_size\": 24",
          "\"num_hidden_layers\": 2",
          "\"num_attention_heads\": 4",
          "\"intermediate_size\": 48",
          "\"max_position_embeddings\": 32");

  private static BertConfig read(String json) {
    return BertConfig.fromJson(Json.parse(json, "config.json").asObject());
  }

  /** The good configuration with one member more, in place of one of the same name. */
  private static String with(String member) {
    var key = member.substring(0, member.indexOf(':'));
    var members = new ArrayList<>(GOOD);
    members.removeIf(m -> m.startsWith(key + ":"));
    members.add(member);
    return "{" + String.join(",\n", members) + "}";
  }

  private static String without(String key) {
    var members = new ArrayList<>(GOOD);
    assertTrue(members.removeIf(m -> m.startsWith("\"" + key + "\":")));
    return "{" + String.join(",\n", members) + "}";
  }

  @Test
  void hasHuggingFacesDefaults() {
    var config =
        read(
            """
            {"model_type": "bert", "vocab_size": 30522, "hidden_size": 768,
             "num_attention_heads": 12}""");
    assertEquals(BertConfig.of(30522, 768, 12, 12, 3072), config);
    assertEquals(Activation.GELU, config.activation());
    assertEquals(1e-12, config.layerNormEps());
  }

  @Test
  void readsWhatItWrites() {
    var config = read(with("\"layer_norm_eps\": 1e-6")).withDropout(0.2, 0.3);
    assertEquals(config, BertConfig.fromJson(config.toJson()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"hidden_size", "num_attention_heads", "vocab_size"})
  void refusesAMissingField(String key) {
    var error = assertThrows(MmibException.class, () -> read(without(key)));
    assertEquals(ErrorCode.CONFIG, error.code());
    assertTrue(error.toString().contains(key), error.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"hidden_size\": \"768\"",
        "\"hidden_size\": 768.5",
        "\"hidden_size\": 1e3",
        "\"hidden_size\": true",
        "\"hidden_size\": null",
        "\"hidden_size\": [768]",
        "\"hidden_size\": 26",
        "\"hidden_size\": 0",
        "\"hidden_size\": -24",
        "\"hidden_size\": 2147483648",
        "\"hidden_size\": 1000000000",
        "\"num_attention_heads\": 0",
        "\"num_hidden_layers\": 0",
        "\"num_hidden_layers\": 10000",
        "\"intermediate_size\": 0",
        "\"max_position_embeddings\": 0",
        "\"type_vocab_size\": 0",
        "\"vocab_size\": 0",
        "\"vocab_size\": 2147483647",
        "\"pad_token_id\": 100",
        "\"pad_token_id\": -1",
        "\"hidden_dropout_prob\": 1",
        "\"attention_probs_dropout_prob\": -0.1",
        "\"initializer_range\": 0",
        "\"layer_norm_eps\": 0",
        "\"layer_norm_eps\": -1e-12",
        "\"layer_norm_eps\": \"1e-12\"",
        "\"hidden_act\": 1",
        "\"model_type\": 1",
        "\"is_decoder\": \"no\"",
        "\"id2label\": {\"0\": \"A\", \"2\": \"B\"}", // C12
        "\"id2label\": {\"0\": \"A\", \"1\": \"A\"}",
        "\"id2label\": {\"A\": \"0\"}",
        "\"id2label\": {\"00\": \"A\"}",
        "\"id2label\": {\"0\": 1}",
        "\"id2label\": [\"A\"]",
        "\"label2id\": {\"A\": 0, \"B\": 2}",
        "\"label2id\": {\"A\": 0, \"B\": 0}",
        "\"label2id\": {\"A\": \"0\"}",
        "\"id2label\": {\"0\": \"A\"}, \"label2id\": {\"B\": 0}",
        "\"id2label\": {\"0\": \"A\"}, \"label2id\": {}",
        "\"id2label\": {\"0\": \"A\", \"1\": \"B\"}, \"label2id\": {\"A\": 1, \"B\": 0}"
      })
  void refusesAValueWithItsPlace(String member) {
    var error = assertThrows(MmibException.class, () -> read(with(member)));
    assertEquals(ErrorCode.CONFIG, error.code());
    assertEquals("config.json", error.file());
    assertTrue(error.toString().contains("line "), error.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "model_type, '\"roberta\"', roberta",
    "model_type, '\"distilbert\"', distilbert",
    "position_embedding_type, '\"relative_key\"', relative_key",
    "is_decoder, true, is_decoder",
    "add_cross_attention, true, add_cross_attention",
    "hidden_act, '\"swish\"', gelu_new"
  })
  void namesWhatItDoesNotSupport(String key, String value, String named) {
    var error = assertThrows(MmibException.class, () -> read(with("\"" + key + "\": " + value)));
    assertEquals(ErrorCode.CONFIG_UNSUPPORTED, error.code());
    assertTrue(error.toString().contains(named), error.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"hidden_size\": 24.0",
        "\"max_position_embeddings\": 1",
        "\"type_vocab_size\": 1",
        "\"torch_dtype\": \"float16\"",
        "\"architectures\": [\"Odd\"]",
        "\"auto_map\": {\"AutoModel\": \"evil.Model\"}",
        "\"is_decoder\": false",
        "\"position_embedding_type\": null",
        "\"id2label\": {\"0\": \"A\"}",
        "\"id2label\": null, \"label2id\": {\"B\": 1, \"A\": 0}",
        "\"id2label\": {\"1\": \"B\", \"0\": \"A\"}, \"label2id\": {\"A\": 0, \"B\": 1}"
      })
  void takesWhatIsOddButConsistent(String member) {
    assertEquals(24, read(with(member)).hiddenSize());
  }

  @Test
  void takesAMissingModelType() {
    assertEquals(2, read(without("model_type")).layers());
  }

  @ParameterizedTest
  @CsvSource({
    "gelu, GELU",
    "gelu_new, GELU_NEW",
    "gelu_pytorch_tanh, GELU_PYTORCH_TANH",
    "relu, RELU",
    "tanh, TANH"
  })
  void knowsActivations(String key, Activation activation) {
    assertEquals(activation, read(with("\"hidden_act\": \"" + key + "\"")).activation());
  }

  @Test
  void copiesNoForeignPath() {
    var config = read(with("\"_name_or_path\": \"/home/someone/model\""));
    assertFalse(Json.write(config.toJson()).contains("someone"));
  }
}
