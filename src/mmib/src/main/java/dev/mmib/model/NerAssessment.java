package dev.mmib.model;

import java.util.List;

/**
 * What a model finds in one text, beside what it thinks of the gold tags.
 *
 * @param logGold the log-probability of the gold tags of all words together
 * @param gold the gold entities, each with the probability that the model gives it
 */
public record NerAssessment(NerPrediction prediction, double logGold, List<EntitySpan> gold) {

  public NerAssessment {
    gold = List.copyOf(gold);
  }
}
