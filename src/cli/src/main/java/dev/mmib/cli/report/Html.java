package dev.mmib.cli.report;

import java.util.Locale;

/** Text as HTML: everything escaped, numbers always written with a point. */
final class Html {

  private Html() {}

  /** Text with nothing in it that a browser would take for markup or for a control. */
  static String escape(String text) {
    var out = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.appendCodePoint(isPlain(c) ? c : 0xFFFD);
              }
            });
    return out.toString();
  }

  /** Neither a control nor half a character nor an override of the writing direction. */
  private static boolean isPlain(int c) {
    boolean direction = c >= 0x202A && c <= 0x202E || c >= 0x2066 && c <= 0x2069;
    int type = Character.getType(c);
    return c == '\n'
        || c == '\t'
        || type != Character.CONTROL && type != Character.SURROGATE && !direction;
  }

  /** A coordinate with two digits at most. */
  static String number(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.replaceAll("\\.?0+$", "");
  }

  /** A share such as 0.87 as it is printed. */
  static String share(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
