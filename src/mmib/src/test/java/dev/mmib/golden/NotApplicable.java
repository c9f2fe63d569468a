package dev.mmib.golden;

/** Says that this library has no such operator, type or attribute. */
final class NotApplicable extends RuntimeException {

  private static final long serialVersionUID = 1L;

  NotApplicable(String why) {
    super(why);
  }

  static void unless(boolean condition, String why) {
    if (!condition) {
      throw new NotApplicable(why);
    }
  }
}
