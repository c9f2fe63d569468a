package dev.mmib.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BertTokenizerTest {

  private static final BertTokenizer TOKENIZER =
      BertTokenizer.of(
          List.of(
              "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "b", "##b", "i", "ı", "😀",
              "##😀", ".", "it", "'", "s"),
          BertTokenizer.Options.uncased());

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "\t\r\n", "\0", "\u0007\u001b", "\uFFFD", "\u200d\ufe0f", "\u00a0"})
  void t01FindsNothingWhereNothingIsToBeSeen(String text) {
    assertEquals(List.of(), TOKENIZER.tokenize(text));
  }

  @Test
  void t02LeavesOutLoneSurrogatesAndUnassignedCodePoints() {
    assertEquals(List.of("a", "##b"), TOKENIZER.tokenize("a\ud800b"));
    assertEquals(List.of("a", "##b"), TOKENIZER.tokenize("a\udc00b"));
    assertEquals(List.of("a", "##b"), TOKENIZER.tokenize("a\ud7ffb"));
    assertEquals(List.of("a", "##b"), TOKENIZER.tokenize("a\uffffb"));
  }

  @ParameterizedTest
  @CsvSource({"a, 100, 100", "a, 101, 1", "😀, 100, 100", "😀, 101, 1"})
  void t03CountsCodePointsAgainstTheLimitOfAWord(String character, int count, int pieces) {
    List<String> found = TOKENIZER.tokenize(character.repeat(count));
    assertEquals(pieces, found.size());
    assertEquals(pieces == 1, found.get(0).equals("[UNK]"));
  }

  @Test
  void t03TakesLongWordsAndManyOfThem() {
    assertEquals(List.of("[UNK]"), TOKENIZER.tokenize("a".repeat(1 << 20)));
    assertEquals(300_000, TOKENIZER.tokenize("a ".repeat(300_000)).size());
  }

  @Test
  void t05IsTheSameUnderATurkishLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(new Locale.Builder().setLanguage("tr").setRegion("TR").build());
      assertEquals(List.of("i"), TOKENIZER.tokenize("I"));
      assertEquals(List.of("i"), TOKENIZER.tokenize("İ"));
      assertEquals(List.of("ı"), TOKENIZER.tokenize("ı"));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void t06RecognizesSpecialTokensInTheirOwnCaseEvenInsideAWord() {
    assertEquals(List.of("a", "[SEP]", "b"), TOKENIZER.tokenize("a[SEP]b"));
    assertEquals(5, TOKENIZER.tokenize("a[sep]b").size());
  }

  @Test
  void keepsASpecialTokenThatCleaningReveals() {
    var cased = BertTokenizer.of(TOKENIZER.tokens(), BertTokenizer.Options.cased());
    assertEquals(List.of("[SEP]"), cased.tokenize("[\u200bSEP]"));
  }

  @Test
  void cutsTheLongerTextFirst() {
    Encoding found = TOKENIZER.encode("a a a a a", "b b", EncodeOptions.atMost(7));
    assertEquals(List.of("[CLS]", "a", "a", "[SEP]", "b", "b", "[SEP]"), found.tokens());
    assertEquals(3, found.cut());
    Encoding shorter = TOKENIZER.encode("a a a a a", "b b", EncodeOptions.atMost(6));
    assertEquals(List.of("[CLS]", "a", "a", "[SEP]", "b", "[SEP]"), shorter.tokens());
    assertArrayEquals(new int[] {0, 0, 0, 0, 1, 1}, shorter.types());
  }

  @Test
  void refusesALimitThatLeavesNoRoom() {
    assertThrows(
        IllegalArgumentException.class,
        () -> TOKENIZER.encode("a b", null, EncodeOptions.atMost(1)));
    EncodeOptions second = EncodeOptions.atMost(5).withTruncation(Truncation.ONLY_SECOND);
    assertThrows(
        IllegalArgumentException.class, () -> TOKENIZER.encode("a a a a a a", "b", second));
  }

  @Test
  void decodesIdsThatItDoesNotKnow() {
    assertEquals("[UNK] a [UNK]", TOKENIZER.decode(new int[] {99, 5, -1}));
  }

  @Test
  void cleansUpWhenDecoding() {
    int[] ids = TOKENIZER.idsOf(TOKENIZER.tokenize("it's a."));
    assertEquals("it ' s a .", TOKENIZER.decode(ids));
    assertEquals("it's a.", TOKENIZER.decode(ids, true, true));
  }

  @Test
  void splitsRawTextAtSpacesAndPunctuation() {
    String text = "RT @user_1: Kevin's new #GameDay, see https://t.co/x?y=1 \u201cnow\u201d 東京 😀!";
    List<WordSplitter.Word> words = WordSplitter.split(text);
    assertEquals(
        List.of(
            "RT",
            "@user_1",
            ":",
            "Kevin",
            "'",
            "s",
            "new",
            "#GameDay",
            ",",
            "see",
            "https://t.co/x?y=1",
            "\u201c",
            "now",
            "\u201d",
            "東",
            "京",
            "😀",
            "!"),
        words.stream().map(WordSplitter.Word::text).toList());
    for (WordSplitter.Word word : words) {
      assertEquals(word.text(), text.substring(word.start(), word.end()));
    }
    assertEquals(List.of(), WordSplitter.split(" \u00a0\n"));
    assertEquals(
        List.of("@", "#", "a"),
        WordSplitter.split("@ # a").stream().map(WordSplitter.Word::text).toList());
  }

  @Test
  void buildsAVocabularyOfFrequentWordsAndAllCharacters() {
    var builder =
        new VocabularyBuilder(BertTokenizer.Options.uncased())
            .addAll(List.of("The cat, the dog", "the Café", "dog"));
    List<String> tokens = builder.build(60, 2);
    assertEquals(
        List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>", "<o>", "</o>"),
        tokens.subList(0, 9));
    assertTrue(tokens.containsAll(List.of("the", "dog", "c", "##c", ",", "e", "##e")));
    assertEquals(0, Collections.frequency(tokens, "cat"));
    var tokenizer = BertTokenizer.of(tokens, BertTokenizer.Options.uncased());
    assertEquals(List.of("c", "##a", "##t", "the"), tokenizer.tokenize("Cat the"));
    assertEquals(20, builder.build(20, 1).size());
    assertTrue(builder.build(20, 1).containsAll(List.of("the", "dog", "cat", "cafe")));
    assertThrows(IllegalArgumentException.class, () -> builder.build(5, 1));
  }
}
