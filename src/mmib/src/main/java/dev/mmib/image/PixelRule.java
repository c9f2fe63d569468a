package dev.mmib.image;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.List;

/**
 * How pictures become numbers: the kernel that resizes them, and what is subtracted from and
 * divides each channel's values in [0, 1].
 *
 * @param mean of red, green and blue
 * @param deviation of red, green and blue
 */
public record PixelRule(ResizeKernel kernel, List<Double> mean, List<Double> deviation) {

  /** What ImageNet models are given. */
  public static final PixelRule IMAGENET =
      new PixelRule(
          ResizeKernel.BILINEAR, List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  private static final double LARGEST = 1e6;

  public PixelRule {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    require("mean", mean, -LARGEST);
    require("std", deviation, 0);
    if (deviation.stream().anyMatch(d -> !((float) d.doubleValue() > 0))) {
      throw refuse("std", deviation);
    }
  }

  private static void require(String field, List<Double> values, double least) {
    if (values.size() != 3 || values.stream().anyMatch(v -> !(v >= least && v <= LARGEST))) {
      throw refuse(field, values);
    }
  }

  private static MmibException refuse(String field, List<Double> values) {
    var shown = values.size() > 8 ? values.size() + " numbers" : values.toString();
    return MmibException.of(
        ErrorCode.CONFIG,
        field
            + " is "
            + shown
            + ", not three finite numbers"
            + (field.equals("std") ? " above 0" : ""),
        "Give those that the encoder was trained with.");
  }

  /** What each level of each channel becomes, [3][256]. */
  float[][] values() {
    float[][] values = new float[3][256];
    for (int c = 0; c < 3; c++) {
      float average = mean.get(c).floatValue();
      float spread = deviation.get(c).floatValue();
      for (int level = 0; level < 256; level++) {
        values[c][level] = (level / 255f - average) / spread;
      }
    }
    return values;
  }
}
