package dev.mmib.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.data.RelationEncoder;
import dev.mmib.data.TestData;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Random texts, cut by HuggingFace's tokenizer and by this one. */
class TokenizerDigestTest {

  private static final List<String> SPECIAL =
      List.of(
          "[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]", "<s>", "</s>", "<o>", "</o>", "[cls]",
          "<S>", "\u00a0", "\u200b", "\ufe0f", "\n", "\t", "#", "##", "'", "\u00df", "\u0130",
          "\u03a3", "\u1e9e", "[", "]", "\u2028", "\ufffd", "\0");

  private long state = 22;

  private int below(int bound) {
    state = state * 6364136223846793005L + 1442695040888963407L;
    return (int) ((state >>> 33) % bound);
  }

  private static String codePoint(int c) {
    return c >= 0xD800 && c < 0xE000 ? "" : Character.toString(c);
  }

  /** As {@code tools/tokenizer_digest.py} makes them. */
  private String text(List<String> vocabulary) {
    var out = new StringBuilder();
    for (int parts = 1 + below(12); parts > 0; parts--) {
      out.append(
          switch (below(10)) {
            case 0, 1, 2 -> vocabulary.get(below(vocabulary.size()));
            case 3 -> codePoint(0x20 + below(0x230));
            case 4 -> codePoint(below(0x110000));
            case 5 -> codePoint(0x300 + below(0x70));
            case 6 -> " ";
            case 7 -> SPECIAL.get(below(SPECIAL.size()));
            case 8 -> codePoint(0x250 + below(0x2DB0));
            default -> codePoint(0x3000 + below(0xCE00));
          });
      if (below(3) == 0) {
        out.append(' ');
      }
    }
    return out.toString();
  }

  private String digest(Path file, int count) throws NoSuchAlgorithmException {
    BertTokenizer plain = BertTokenizer.load(file, BertTokenizer.Options.uncased());
    List<String> vocabulary = plain.tokens();
    BertTokenizer tokenizer = plain.withAddedTokens(RelationEncoder.MARKERS);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (int i = 0; i < count; i++) {
      int[] ids = tokenizer.idsOf(tokenizer.tokenize(text(vocabulary)));
      String line =
          Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(",")) + "\n";
      digest.update(line.getBytes(StandardCharsets.US_ASCII));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Test
  void cutsTwentyThousandRandomTextsAsTheReferenceDoes()
      throws NoSuchAlgorithmException, URISyntaxException {
    var vocabulary = getClass().getResource("/golden/tokenizer/vocab.txt");
    assertEquals(
        "ee7b999df2c4cdbe9bbd3291116efcd3e733082c3228f6291e0f3979b98967ad",
        digest(Path.of(Objects.requireNonNull(vocabulary).toURI()), 20_000));
  }

  @Test
  void cutsTwentyThousandRandomTextsAsTheReferenceDoesWithTheGenuineVocabulary()
      throws NoSuchAlgorithmException {
    assertEquals(
        "560d65b1d13631430db5c9c6e6813135a37c99785279eae3880a37acb431d961",
        digest(TestData.file("bert-base-uncased/vocab.txt"), 20_000));
  }
}
