package dev.mmib.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class UnicodeTableTest {

  /** Printed by {@code tools/unicode_table.py digests}, from Python's own properties. */
  private static final String PROPERTIES =
      "25c4ebef4dfe42a641b46888961394869cf3a40bfad36aae72083efbfe3875bc";

  private static final String DECOMPOSITIONS =
      "5021d3769a78d0a5934868bb0127ce05688c50d141f139ce373ddfdf1cb60e5f";

  @Test
  void agreesWithPythonOnEveryCodePoint() throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      var lower = new CodeUnits(4);
      UnicodeTable.lower(c, lower);
      String line =
          String.join(
                  ";",
                  hex(c),
                  kind(c),
                  UnicodeTable.isWhiteSpace(c) ? "1" : "0",
                  hex(lower.toString()),
                  Integer.toString(UnicodeTable.combiningClass(c)),
                  hex(decomposed(Character.toString(c))))
              + "\n";
      digest.update(line.getBytes(StandardCharsets.US_ASCII));
    }
    assertEquals(PROPERTIES, HexFormat.of().formatHex(digest.digest()));
  }

  @Test
  void decomposesAndOrdersAsPythonDoes() throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    long state = 14;
    for (int i = 0; i < 100_000; i++) {
      var text = new StringBuilder();
      for (int k = 0; k < 8; k++) {
        state = state * 6364136223846793005L + 1442695040888963407L;
        int n = (int) (state >>> 33);
        int c =
            switch (n % 4) {
              case 0 -> 0x300 + n / 4 % 0x70;
              case 1 -> n / 4 % 0x3000;
              case 2 -> 0xAC00 + n / 4 % 0x2BA4;
              default -> n / 4 % 0x110000;
            };
        if (c < 0xD800 || c >= 0xE000) {
          text.appendCodePoint(c);
        }
      }
      String line = hex(decomposed(text.toString())) + "\n";
      digest.update(line.getBytes(StandardCharsets.US_ASCII));
    }
    assertEquals(DECOMPOSITIONS, HexFormat.of().formatHex(digest.digest()));
  }

  /** Decompositions are stable: two versions agree on what both of them know. */
  @Test
  void decomposesAsTheRuntimeDoesWhereBothKnowTheCodePoint() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (Character.isDefined(c) && !UnicodeTable.isControl(c)) {
        String text = "a" + Character.toString(c) + "\u0316\u0301b";
        assertEquals(Normalizer.normalize(text, Normalizer.Form.NFD), decomposed(text), hex(c));
      }
    }
  }

  @Test
  void differsFromTheRuntimeInFewCodePointsThatBothKnow() {
    long differing =
        IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
            .filter(c -> Character.isDefined(c) && !UnicodeTable.isControl(c))
            .filter(c -> UnicodeTable.isNonSpacingMark(c) != isMark(c))
            .count();
    // U+1734 became a spacing mark with version 14; versions 15 and 16 moved a handful more.
    assertTrue(differing < 10, "differing: " + differing);
  }

  @Test
  void treatsLoneSurrogatesAndUnassignedCodePointsAsControls() {
    assertTrue(UnicodeTable.isControl(0xD800));
    assertTrue(UnicodeTable.isControl(0xD7FF));
    assertTrue(UnicodeTable.isControl(0xE000));
    assertTrue(UnicodeTable.isControl(0x10FFFF));
  }

  private static String decomposed(String text) {
    int[] points = UnicodeTable.decomposed(text.toCharArray(), 0, text.length());
    return new String(points, 0, points.length);
  }

  private static boolean isMark(int c) {
    return Character.getType(c) == Character.NON_SPACING_MARK;
  }

  private static String kind(int c) {
    if (UnicodeTable.isControl(c)) {
      return "C";
    }
    if (UnicodeTable.isSpaceSeparator(c)) {
      return "Z";
    }
    if (UnicodeTable.isPunctuation(c)) {
      return "P";
    }
    return UnicodeTable.isNonSpacingMark(c) ? "M" : "";
  }

  private static String hex(int c) {
    return Integer.toHexString(c).toUpperCase(java.util.Locale.ROOT);
  }

  private static String hex(String text) {
    return text.codePoints().mapToObj(UnicodeTableTest::hex).collect(Collectors.joining(" "));
  }
}
