package dev.mmib.bert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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

  @Test
  void hasHuggingFacesDefaults() {
    var config =
        read(
            """
            {"model_type": "bert", "vocab_size": 30522, "hidden_size": 768,
             "num_attention_heads": 12}\
            """);
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
  @ValueSource(
      strings = {
        "\"vocab_size\": 0",
        "\"vocab_size\": 2147483647",
        "\"pad_token_id\": 100",
        "\"pad_token_id\": -1",
        "\"hidden_dropout_prob\": 1",
        "\"attention_probs_dropout_prob\": -0.1",
        "\"initializer_range\": 0"
      })
  void refusesAValueWithItsPlace(String member) {
    var error = assertThrows(MmibException.class, () -> read(with(member)));
    assertEquals(ErrorCode.CONFIG, error.code());
    assertEquals("config.json", error.file());
    int line = member.startsWith("\"vocab_size") ? 7 : 8; // it stands at the end
    assertEquals("line " + line + ":" + (member.indexOf(':') + 3), error.position());
  }

  @Test
  void knowsTanhToo() {
    assertEquals(Activation.TANH, read(with("\"hidden_act\": \"tanh\"")).activation());
  }
}
