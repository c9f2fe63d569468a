package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.bert.BertConfig;
import dev.mmib.error.ErrorCode;
import dev.mmib.io.Json;
import dev.mmib.io.ModelDirectory;

/** Any bytes as a config.json: of a text encoder, and of a trained model. */
class ConfigFuzzTest {

  private static final Scratch SCRATCH = new Scratch();

  @DictionaryEntries({
    "\"model_type\"",
    "\"bert\"",
    "\"vocab_size\"",
    "\"hidden_size\"",
    "\"num_hidden_layers\"",
    "\"num_attention_heads\"",
    "\"intermediate_size\"",
    "\"max_position_embeddings\"",
    "\"type_vocab_size\"",
    "\"hidden_act\"",
    "\"gelu\"",
    "\"layer_norm_eps\"",
    "1e-12",
    "\"hidden_dropout_prob\"",
    "\"attention_probs_dropout_prob\"",
    "\"initializer_range\"",
    "\"pad_token_id\"",
    "\"id2label\"",
    "\"label2id\"",
    "\"position_embedding_type\"",
    "\"is_decoder\"",
    "2147483648",
    "NaN",
    "Infinity",
    "768.0"
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 5_000_000)
  void readsOrRefusesAConfiguration(byte[] data) {
    var file = SCRATCH.write("config.json", data);
    Contract.hold(
        data.length, () -> BertConfig.fromJson(Json.read(file, ErrorCode.CONFIG).asObject()));
  }

  @DictionaryEntries({
    "\"mmib\"",
    "\"task\"",
    "\"ner\"",
    "\"re\"",
    "\"alignment\"",
    "\"kind\"",
    "\"infonce\"",
    "\"discriminator\"",
    "\"pooling\"",
    "\"beta\"",
    "\"image\"",
    "\"encoder\"",
    "\"resnet50\"",
    "\"fidelity\"",
    "\"fusion\"",
    "\"cross\"",
    "\"training\"",
    "\"vocab_size\"",
    "\"hidden_size\""
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 5_000_000)
  void readsOrRefusesTheConfigurationOfAModel(byte[] data) {
    SCRATCH.write("config.json", data);
    Contract.hold(data.length, () -> ModelDirectory.open(SCRATCH.directory()));
  }
}
