package dev.mmib.model;

/**
 * An entity in a tagged text.
 *
 * @param type what follows {@code B-} in its tag
 * @param firstPiece the word piece where its first word starts
 * @param lastPiece the word piece where its last word starts
 * @param score the probability of exactly these word tags, and that the entity does not go on: a
 *     marginal of the conditional random field, summed over all taggings of the rest
 */
public record EntitySpan(String type, int firstPiece, int lastPiece, double score) {}
