package dev.mmib.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.bert.BertConfig;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.fault.Warnings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows C01 to C07 and C11 to C15 of the catalogue of bad inputs: what a config.json says. */
class ConfigTableTest {

  private static final String WORDS = "embeddings.word_embeddings.weight";

  @TempDir Path dir;

  /** What is done to a good model. */
  @FunctionalInterface
  interface Change {
    void to(TinyBert model) throws IOException;
  }

  /** A bad input, and the code, place and words of its refusal. */
  record Refused(String id, Change change, ErrorCode code, String place, String words) {
    @Override
    public String toString() {
      return id;
    }
  }

  static Change set(String key, String value) {
    return model -> model.set(key, value);
  }

  private static Refused refused(String id, String key, String value, String words) {
    return new Refused(id, set(key, value), ErrorCode.CONFIG, "line \\d+:\\d+", words);
  }

  private static Refused unsupported(String id, String key, String value, String words) {
    return new Refused(id, set(key, value), ErrorCode.CONFIG_UNSUPPORTED, "line \\d+:\\d+", words);
  }

  private static Refused mismatch(String id, Change change, String place, String words) {
    return new Refused(id, change, ErrorCode.WEIGHTS_MISMATCH, place, words);
  }

  /** Another network, told by its tensors alone. */
  private static Refused foreign(String id, String prefixOrTensor, String network) {
    return new Refused(
        id,
        model -> {
          model.drop("model_type");
          model.drop("architectures");
          if (prefixOrTensor.endsWith(".")) {
            model.rename(name -> prefixOrTensor + name);
          } else {
            model.rename(name -> name.equals(WORDS) ? prefixOrTensor : "");
          }
        },
        ErrorCode.CONFIG_UNSUPPORTED,
        "tensor '.*",
        "belongs to a " + network + ", not to a BERT");
  }

  static Stream<Refused> refused() {
    return Stream.of(
            fields(), sizes(), settings(), vocabularies(), labels(), architectures(), tensors())
        .flatMap(List::stream);
  }

  private static List<Refused> fields() {
    return List.of(
        missing("C01a: hidden_size missing", "hidden_size"),
        missing("C01b: num_attention_heads missing", "num_attention_heads"),
        missing("C01c: vocab_size missing", "vocab_size"),
        refused("C02a: a string", "hidden_size", "\"32\"", "'hidden_size': expected a number"),
        refused("C02c: a fraction", "hidden_size", "32.5", "a whole number"),
        refused("C02d: an exponent", "hidden_size", "1e3", "without an exponent"),
        refused("C02e: true", "hidden_size", "true", "expected a number, got true"),
        refused("C02f: null", "hidden_size", "null", "expected a number, got null"),
        refused("C02g: an array", "hidden_size", "[32]", "got an array"),
        refused("C02h: an object", "hidden_size", "{}", "got an object"));
  }

  private static Refused missing(String id, String key) {
    return new Refused(
        id, model -> model.drop(key), ErrorCode.CONFIG, "line 1:1", "no member '" + key + "'");
  }

  private static List<Refused> sizes() {
    return List.of(
        refused("C03a: no multiple of the heads", "hidden_size", "30", "no multiple of num_att"),
        refused("C03b: 0", "hidden_size", "0", "hidden_size is 0"),
        refused("C03c: negative", "hidden_size", "-32", "hidden_size is -32"),
        refused("C03d: 2^31", "hidden_size", "2147483648", "from -2147483648 to 2147483647"),
        refused("C03e: 10^9", "hidden_size", "1000000000", "not from 1 to 65536"),
        refused("C03f: no heads", "num_attention_heads", "0", "num_attention_heads is 0"),
        refused("C03g: 10^9 words", "vocab_size", "1000000000", "vocab_size is 1000000000"),
        refused("C03h: 10^9 positions", "max_position_embeddings", "1000000000", "not from 1 to"),
        refused("C03i: a table beyond a tensor", "vocab_size", "10000001", "not from 1 to"),
        refused("C04a: no layers", "num_hidden_layers", "0", "num_hidden_layers is 0"),
        mismatch(
            "C04b: 10,000 layers and weights of two",
            set("num_hidden_layers", "10000"),
            "none",
            "159968 tensors are missing: 'bert.encoder.layer.2.attention.self.query.weight'"),
        refused("C04c: a million layers", "num_hidden_layers", "1000000", "not from 1 to 10000"),
        refused("C04d: no inner width", "intermediate_size", "0", "intermediate_size is 0"),
        refused(
            "C04e: no positions", "max_position_embeddings", "0", "max_position_embeddings is 0"),
        refused("C04f: no token types", "type_vocab_size", "0", "type_vocab_size is 0"));
  }

  private static List<Refused> settings() {
    return List.of(
        unsupported("C05a: unknown", "hidden_act", "\"swish\"", "'swish' is unknown"),
        unsupported("C05b: the known are listed", "hidden_act", "\"gelu_fast\"", "gelu, gelu_new"),
        refused("C05c: a number", "hidden_act", "1", "expected a string"),
        refused("C06a: 0", "layer_norm_eps", "0", "layer_norm_eps is 0.0"),
        refused("C06b: negative", "layer_norm_eps", "-1e-12", "layer_norm_eps is -1.0E-12"),
        refused("C06c: NaN", "layer_norm_eps", "NaN", "not valid JSON"),
        refused("C06d: a string", "layer_norm_eps", "\"1e-12\"", "expected a number"),
        refused("C06e: 1", "layer_norm_eps", "1", "not between 0 and 1"),
        refused("C11a: twice", "vocab_size", "120,\n\"vocab_size\": 120", "duplicate key"),
        refused("C11b: by an escape", "x", "1,\n\"\\u0078\": 2", "duplicate key 'x'"),
        refused("C11c: deeper", "x", "{\"a\": 1, \"a\": 1}", "duplicate key 'a'"));
  }

  private static List<Refused> vocabularies() {
    return List.of(
        mismatch(
            "C07a: vocab_size above rows and tokens",
            set("vocab_size", "130"),
            "tensor '" + WORDS + "'",
            "[120, 32] vs [130, 32], because config.json line 23:17 says vocab_size = 130 and the"
                + " vocabulary has 120 tokens"),
        new Refused(
            "C07b: more tokens than rows",
            model -> model.write("vocab.txt", String.join("\n", model.vocabulary()) + "\nnew\n"),
            ErrorCode.CONFIG,
            "line \\d+:\\d+",
            "vocab_size is 120, but the vocabulary has 121 tokens and the table of word pieces"
                + " 120"),
        mismatch(
            "C07c: three numbers",
            model -> {
              model.set("vocab_size", "130");
              model.write("vocab.txt", String.join("\n", model.vocabulary()) + "\nnew\n");
            },
            "tensor '" + WORDS + "'",
            "[120, 32] vs [130, 32], because config.json line 23:17 says vocab_size = 130 and the"
                + " vocabulary has 121 tokens"));
  }

  private static List<Refused> labels() {
    return List.of(
        refused("C12a: a gap", "id2label", "{\"0\": \"A\", \"2\": \"B\"}", "not one of 0 to 1"),
        refused("C12b: a label twice", "id2label", "{\"0\": \"A\", \"1\": \"A\"}", "occurs twice"),
        refused("C12c: a key that is no number", "id2label", "{\"A\": \"0\"}", "the key 'A'"),
        refused("C12d: a key with a zero before", "id2label", "{\"00\": \"A\"}", "the key '00'"),
        refused("C12e: a label that is no string", "id2label", "{\"0\": 1}", "expected a string"),
        refused("C12f: no object", "id2label", "[\"A\"]", "expected an object"),
        refused("C12g: an id too large", "label2id", "{\"A\": 0, \"B\": 2}", "the id 2 of 2"),
        refused("C12h: an id twice", "label2id", "{\"A\": 0, \"B\": 0}", "one label"),
        refused("C12i: an id that is no number", "label2id", "{\"A\": \"0\"}", "a number"),
        refused(
            "C12j: they disagree",
            "id2label",
            "{\"0\": \"A\", \"1\": \"B\"},\n\"label2id\": {\"A\": 1, \"B\": 0}",
            "'A' is 1 in label2id and 0 in id2label"),
        refused(
            "C12k: one lacks a label",
            "id2label",
            "{\"0\": \"A\"},\n\"label2id\": {}",
            "does not give every id"),
        mismatch(
            "C12l: another count than the head's rows",
            model -> {
              model.set("id2label", "{\"0\": \"A\", \"1\": \"B\"}");
              model.reshape("classifier.weight", 3, 32);
            },
            "tensor 'classifier.weight'",
            "has shape [3, 32], but config.json's id2label 2 labels"));
  }

  private static List<Refused> architectures() {
    return List.of(
        unsupported("C13a: roberta", "model_type", "\"roberta\"", "'roberta' is not bert"),
        unsupported("C13b: distilbert", "model_type", "\"distilbert\"", "'distilbert' is not bert"),
        unsupported("C13c: a name with escapes", "model_type", "\"\\u001b[31m\"", "'\\u001b[31m'"),
        refused("C13d: a number", "model_type", "1", "expected a string"),
        new Refused(
            "C13e: no model_type, another class",
            model -> {
              model.drop("model_type");
              model.set("architectures", "[\"RobertaForMaskedLM\"]");
            },
            ErrorCode.CONFIG_UNSUPPORTED,
            "line \\d+:\\d+",
            "'RobertaForMaskedLM', which is no BERT"),
        new Refused(
            "C13f: no model_type, RoBERTa's tables",
            model -> {
              model.drop("model_type");
              model.set("max_position_embeddings", "514");
              model.set("pad_token_id", "1");
            },
            ErrorCode.CONFIG_UNSUPPORTED,
            "line \\d+:\\d+",
            "are a RoBERTa's"),
        unsupported(
            "C14a: relative_key", "position_embedding_type", "\"relative_key\"", "'relative_key'"),
        unsupported(
            "C14b: relative_key_query",
            "position_embedding_type",
            "\"relative_key_query\"",
            "is not supported"),
        unsupported("C14c: a decoder", "is_decoder", "true", "is_decoder is not supported"),
        unsupported("C14d: attends across", "add_cross_attention", "true", "add_cross_attention"),
        refused("C14e: not true or false", "is_decoder", "\"no\"", "expected true or false"));
  }

  private static List<Refused> tensors() {
    return List.of(
        foreign("C13g: tensors of roberta", "roberta.", "RoBERTa"),
        foreign("C13h: tensors of distilbert", "distilbert.", "DistilBERT"),
        foreign(
            "C13i: of a bare distilbert",
            "transformer.layer.0.attention.q_lin.weight",
            "DistilBERT"),
        foreign("C13j: tensors of albert", "albert.", "ALBERT"),
        foreign("C13k: tensors of electra", "electra.", "ELECTRA"),
        foreign("C13l: tensors of deberta", "deberta.", "DeBERTa"),
        foreign("C13m: tensors of gpt2", "h.0.attn.c_attn.weight", "GPT-2"),
        foreign("C13n: tensors of gpt2 in a whole", "transformer.wte.weight", "GPT-2"),
        foreign("C13o: tensors of t5", "encoder.block.0.layer.0.SelfAttention.q.weight", "T5"),
        foreign("C13p: tensors of clip", "vision_model.embeddings.class_embedding", "CLIP"),
        foreign("C13q: tensors of vit", "vit.embeddings.cls_token", "ViT"),
        foreign("C13r: tensors of a resnet", "layer1.0.conv1.weight", "ResNet"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void refuses(Refused row) throws IOException {
    row.change.to(TinyBert.in(dir));
    try (var warnings = new Warnings("dev.mmib")) {
      var e = assertThrows(MmibException.class, () -> load(dir));
      assertEquals(row.code, e.code(), e.toString());
      assertTrue(String.valueOf(e.file()).startsWith(dir.toString()), e::toString);
      var place = e.position() == null ? "none" : e.position();
      assertTrue(place.matches(row.place), e::toString);
      assertTrue(e.toString().contains(row.words), e::toString);
      warnings.take();
    }
  }

  static BertConfig load(Path dir) {
    var directory = HuggingFaceDirectory.open(dir);
    directory.tokenizer();
    directory.weights().close();
    return directory.config();
  }

  @Test
  void numbersEveryRowOnce() {
    var ids = refused().map(row -> row.id.split(":", 2)[0]).toList();
    assertEquals(ids.size(), Set.copyOf(ids).size());
  }
}
