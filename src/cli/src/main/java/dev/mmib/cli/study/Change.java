package dev.mmib.cli.study;

import java.util.List;

/**
 * What a model of the study has different from the full one.
 *
 * @param name for tables and files
 * @param settings as {@code --set} takes them
 */
public record Change(String name, List<String> settings) {

  /** β of both refinements in the full model. */
  static final double USUAL_BETA = 0.1;

  static final Change NONE = new Change("full");
  static final Change WITHOUT_REFINEMENT = new Change("without refinement", "refinement=false");
  static final Change WITHOUT_ALIGNMENT = new Change("without alignment", "alignment.kind=none");
  static final Change TEXT_ONLY = new Change("text only", "textOnly=true");
  static final Change BILINEAR = new Change("discriminator, bilinear", "alignment.scorer=bilinear");
  static final Change INFONCE = new Change("InfoNCE, fixed τ", "alignment.kind=infonce");
  static final Change INFONCE_LEARNED =
      new Change("InfoNCE, learned τ", "alignment.kind=infonce", "alignment.learnTemperature=true");

  public Change {
    settings = List.copyOf(settings);
  }

  private Change(String name, String... settings) {
    this(name, List.of(settings));
  }

  /** Trained for another number of epochs. */
  static Change epochs(int count) {
    return new Change("epochs " + count, "epochs=" + count);
  }

  /** Another weight of both refinements; the usual one is the full model's. */
  static Change beta(double value) {
    return value == USUAL_BETA
        ? NONE
        : new Change("β " + Plan.number(value), "beta.text=" + value, "beta.image=" + value);
  }
}
