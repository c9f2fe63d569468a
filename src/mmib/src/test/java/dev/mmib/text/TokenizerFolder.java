package dev.mmib.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory with the files of a small tokenizer, to be changed. */
record TokenizerFolder(Path path) {

  static final String VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\nA\n";

  static final String JSON =
      """
      {"version": "1.0", "truncation": {"max_length": 8}, "padding": null,
       "added_tokens": [{"id": 0, "content": "[PAD]", "special": true}],
       "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
         "strip_accents": null, "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
       "decoder": {"type": "WordPiece"},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 100, "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2,
         "[SEP]": 3, "[MASK]": 4, "a": 5, "b": 6, "##b": 7, "A": 8}}}
      """;

  /** What is done to an empty directory. */
  @FunctionalInterface
  interface Change {
    void to(TokenizerFolder folder) throws IOException;
  }

  Path write(String name, String content) throws IOException {
    return Files.writeString(path.resolve(name), content);
  }

  Path write(String name, byte[] content) throws IOException {
    return Files.write(path.resolve(name), content);
  }
}
