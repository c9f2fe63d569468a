package dev.mmib.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The table, and the cutting that it serves, against maps and substrings. */
class PieceTableTest {

  private static String token(Random random) {
    var out = new StringBuilder(random.nextInt(3) == 0 ? "##" : "");
    for (int n = 1 + random.nextInt(5); n > 0; n--) {
      out.appendCodePoint(
          random.nextInt(9) == 0 ? 0x1F600 + random.nextInt(3) : 'a' + random.nextInt(4));
    }
    return out.toString();
  }

  @Test
  void findsWhatAMapFinds() {
    var random = new Random(5);
    var table = new PieceTable(2000);
    Map<String, Integer> map = new HashMap<>();
    for (int id = 0; id < 2000; id++) {
      String token = token(random);
      Integer before = map.put(token, id);
      assertEquals(before == null ? -1 : before, table.put(token, id), token);
    }
    for (int i = 0; i < 5000; i++) {
      String token = token(random);
      assertEquals(map.getOrDefault(token, -1), table.id(token), token);
    }
    assertEquals(-1, new PieceTable(0).id("a"));
  }

  /** The longest piece first, tried by substrings from the longest to the shortest. */
  private static List<String> greedy(List<String> vocabulary, String word) {
    var pieces = new ArrayList<String>();
    for (int start = 0; start < word.length(); ) {
      int end = word.length();
      String prefix = start == 0 ? "" : "##";
      while (end > start
          && !(vocabulary.contains(prefix + word.substring(start, end))
              && word.codePointCount(start, end) + word.codePointCount(end, word.length())
                  == word.codePointCount(start, word.length()))) {
        end--;
      }
      if (end == start) {
        return List.of("[UNK]");
      }
      pieces.add(prefix + word.substring(start, end));
      start = end;
    }
    return pieces;
  }

  @Test
  void cutsWordsAsSubstringsWould() {
    var random = new Random(6);
    var vocabulary = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    for (int i = 0; i < 300; i++) {
      vocabulary.add(token(random));
    }
    var tokenizer = BertTokenizer.of(vocabulary, BertTokenizer.Options.cased());
    int whole = 0;
    for (int i = 0; i < 3000; i++) {
      String word = (token(random) + token(random) + token(random)).replace("#", "");
      List<String> pieces = tokenizer.tokenize(word);
      assertEquals(greedy(vocabulary, word), pieces, word);
      whole += pieces.size() > 1 ? 1 : 0;
    }
    assertEquals(true, whole > 300, "words of several pieces: " + whole);
  }

  @Test
  void recognizesSpecialTokensOfAnyBeginning() {
    var tokenizer =
        BertTokenizer.of(
                List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "b"),
                BertTokenizer.Options.uncased())
            .withAddedTokens(List.of("😀!", "😀", "é"));
    assertEquals(List.of("a", "😀!", "b", "😀", "a"), tokenizer.tokenize("A😀!B😀a"));
    assertEquals(List.of("a", "é", "b"), tokenizer.tokenize("aéb"));
    assertEquals(List.of("a", "é", "b"), tokenizer.tokenize("aÉb"));
    // one that the vocabulary lacks is shown as it is, with the id of [UNK]
    assertEquals(List.of("[MASK]"), tokenizer.tokenize("[MASK]"));
    assertEquals(1, tokenizer.ids("[MASK]")[0]);
  }

  @Test
  void ordersLongRunsOfMarks() {
    String marks = "\u0301\u0316".repeat(500);
    int[] points = UnicodeTable.decomposed(("a" + marks).toCharArray(), 0, 1001);
    String ordered = "a" + "\u0316".repeat(500) + "\u0301".repeat(500);
    assertEquals(ordered, new String(points, 0, points.length));
    var tokenizer =
        BertTokenizer.of(
            List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b"),
            BertTokenizer.Options.uncased());
    assertEquals(List.of("a", "##b"), tokenizer.tokenize("a" + marks + "B\u0301"));
  }

  @Test
  void neverEndsAPieceInsideACodePoint() {
    var tokenizer =
        BertTokenizer.of(
            List.of(
                "[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "a\ud83d", "\ud83d", "##\ude00", "##b"),
            BertTokenizer.Options.uncased());
    assertEquals(List.of("[UNK]"), tokenizer.tokenize("a😀"));
    assertEquals(List.of("[UNK]"), tokenizer.tokenize("😀b"));
    assertEquals(List.of("a", "##b"), tokenizer.tokenize("ab"));
  }
}
