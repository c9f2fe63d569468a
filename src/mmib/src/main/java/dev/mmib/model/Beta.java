package dev.mmib.model;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;

/** The weights of the regularizers: β₁ of alignment, β₂ and β₃ of the two refinements. */
public record Beta(double alignment, double text, double image) {

  public static final Beta ONES = new Beta(1, 1, 1);

  public Beta {
    require("beta.alignment", alignment);
    require("beta.text", text);
    require("beta.image", image);
  }

  private static void require(String key, double value) {
    if (!(value >= 0 && Double.isFinite(value))) {
      throw MmibException.of(
          ErrorCode.CONFIG, key + " is " + value + ", not 0 or more", "Correct the configuration.");
    }
  }

  static Beta fromJson(JsonObject json) {
    MmibConfig.requireKnown(json, "alignment", "text", "image");
    return new Beta(json.number("alignment", 1), json.number("text", 1), json.number("image", 1));
  }

  JsonObject toJson() {
    return new JsonObject().put("alignment", alignment).put("text", text).put("image", image);
  }
}
