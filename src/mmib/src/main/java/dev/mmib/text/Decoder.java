package dev.mmib.text;

import java.util.ArrayList;
import java.util.List;

/** Ids back into text: pieces joined, added tokens by themselves. */
final class Decoder {

  /** What comes before punctuation and English clitics, and what it becomes. */
  private static final List<List<String>> CLEAN_UP =
      List.of(
          List.of(" .", "."),
          List.of(" ?", "?"),
          List.of(" !", "!"),
          List.of(" ,", ","),
          List.of(" ' ", "'"),
          List.of(" n't", "n't"),
          List.of(" 'm", "'m"),
          List.of(" 's", "'s"),
          List.of(" 've", "'ve"),
          List.of(" 're", "'re"));

  private Decoder() {}

  static String decode(
      BertTokenizer tokenizer, int[] ids, boolean skipSpecialTokens, boolean cleanUp) {
    var parts = new ArrayList<String>();
    var run = new ArrayList<String>();
    for (int id : ids) {
      String token = tokenizer.tokenOf(id);
      if (skipSpecialTokens && tokenizer.isSpecial(token)) {
        continue;
      }
      if (tokenizer.isAdded(token)) {
        flush(run, parts);
        parts.add(token);
      } else {
        run.add(token);
      }
    }
    flush(run, parts);
    String text = String.join(" ", parts);
    if (cleanUp) {
      for (List<String> rule : CLEAN_UP) {
        text = text.replace(rule.get(0), rule.get(1));
      }
    }
    return text;
  }

  private static void flush(List<String> run, List<String> parts) {
    if (!run.isEmpty()) {
      parts.add(String.join(" ", run).replace(" ##", "").strip());
      run.clear();
    }
  }
}
