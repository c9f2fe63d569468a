package dev.mmib.model;

/** What a model extracts. */
public enum Task {
  /** Named entities. */
  NER,
  /** The relation of two marked entities. */
  RE;

  /** The name that users type. */
  public String key() {
    return Keys.of(this);
  }
}
