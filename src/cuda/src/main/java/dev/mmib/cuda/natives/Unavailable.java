package dev.mmib.cuda.natives;

/** Why no GPU can be used; the message ends with the cure. */
final class Unavailable extends Exception {

  private static final long serialVersionUID = 1L;

  Unavailable(String reason) {
    super(reason);
  }

  Unavailable(String reason, Throwable cause) {
    super(reason, cause);
  }
}
