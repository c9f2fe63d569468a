package dev.mmib.convert.pickle;

import static dev.mmib.error.MmibException.quote;

import dev.mmib.error.ErrorCode;

/**
 * Why a pickle is not read on: the machine adds the file and the place to it.
 *
 * <p>Checked, so that no constructor forgets that a place is still missing.
 */
public final class Refusal extends Exception {

  private static final long serialVersionUID = 1L;
  private static final String DAMAGED = "The file is damaged, or hostile, or no pickle";

  private final ErrorCode code;
  private final String what;
  private final String hint;

  private Refusal(ErrorCode code, String what, String hint) {
    super(what, null, false, false);
    this.code = code;
    this.what = what;
    this.hint = hint;
  }

  /** For what no Python would have written. */
  public static Refusal damaged(String what) {
    return new Refusal(ErrorCode.PICKLE, what, DAMAGED);
  }

  /** For what Python may have written, and is not read here. */
  public static Refusal unsupported(String what, String hint) {
    return new Refusal(ErrorCode.PICKLE, what, hint);
  }

  /** For what would run code of the pickle's choice. */
  public static Refusal forbidden(String what, String hint) {
    return new Refusal(ErrorCode.PICKLE_FORBIDDEN, what, hint);
  }

  /** For a name outside the allow-list. */
  public static Refusal forbidden(PickleValue.Global name, String hint) {
    return forbidden("wants " + quote(name.module() + " " + name.name()) + ", not allowed", hint);
  }

  public ErrorCode code() {
    return code;
  }

  public String what() {
    return what;
  }

  public String hint() {
    return hint;
  }
}
