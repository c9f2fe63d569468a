package dev.mmib.model;

import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Enumeration constants as configurations spell them: in lower case. */
final class Keys {

  private Keys() {}

  static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /**
   * The constant that {@code json} names under {@code key}, or {@code otherwise} if it has none.
   */
  static <E extends Enum<E>> E read(JsonObject json, String key, Class<E> type, E otherwise) {
    if (json.absent(key)) {
      return otherwise;
    }
    var text = json.string(key);
    for (var constant : type.getEnumConstants()) {
      if (of(constant).equals(text)) {
        return constant;
      }
    }
    throw json.at(key)
        .error(
            MmibException.quote(key) + ": " + MmibException.quote(text) + " is unknown",
            "Known are "
                + Arrays.stream(type.getEnumConstants())
                    .map(Keys::of)
                    .collect(Collectors.joining(", "))
                + ".");
  }
}
