package dev.mmib.model;

/**
 * The relation of a text's two marked entities.
 *
 * @param relation the most probable one's index
 * @param probabilities of all relations: the softmax of the logits
 */
@SuppressWarnings("ArrayRecordComponent") // a row of numbers out of a batch
public record RelationPrediction(int relation, float[] probabilities) {

  public float score() {
    return probabilities[relation];
  }
}
