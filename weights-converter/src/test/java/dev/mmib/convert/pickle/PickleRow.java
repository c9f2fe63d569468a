package dev.mmib.convert.pickle;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import org.jspecify.annotations.Nullable;

/**
 * A pickle, and how reading it has to end: with a value, or refused.
 *
 * @param name begins with the case's id
 * @param refused the expected error, or nothing for a value
 * @param expected the value as {@link Shown} writes it, or a piece of the error's message
 */
public record PickleRow(String name, byte[] pickle, @Nullable ErrorCode refused, String expected) {

  public static PickleRow value(String name, byte[] pickle, String expected) {
    return new PickleRow(name, pickle, null, expected);
  }

  /** Refused as no pickle, or as one of no use here. */
  public static PickleRow refused(String name, byte[] pickle, String piece) {
    return new PickleRow(name, pickle, ErrorCode.PICKLE, piece);
  }

  /** Refused as wanting something done. */
  public static PickleRow forbidden(String name, byte[] pickle, String piece) {
    return new PickleRow(name, pickle, ErrorCode.PICKLE_FORBIDDEN, piece);
  }

  public void check(Constructors constructors) {
    var reader = new PickleReader(ByteSource.of(pickle), "model.bin", "data.pkl", 0);
    if (refused == null) {
      assertEquals(expected, Shown.of(PickleMachine.read(reader, constructors)));
      return;
    }
    var error = assertThrows(MmibException.class, () -> PickleMachine.read(reader, constructors));
    var message = String.valueOf(error.getMessage());
    assertAll(
        () -> assertEquals(refused, error.code()),
        () -> assertEquals("model.bin", error.file()),
        () -> assertTrue(String.valueOf(error.position()).matches("data.pkl byte \\d+")),
        () -> assertTrue(message.contains(expected), message),
        () -> assertTrue(message.length() < 600, message),
        () -> assertTrue(!error.hint().isEmpty()));
  }

  @Override
  public String toString() {
    return name;
  }
}
