package dev.mmib.predict;

import dev.mmib.data.Span;

/**
 * How much a part of a post looked at each of its pictures.
 *
 * @param place in the unit of the input
 * @param slots averaged over attention heads, summing to 1: the whole picture, then the crops
 */
@SuppressWarnings("ArrayRecordComponent") // a row of numbers out of a batch
public record Look(Span place, float[] slots) {}
