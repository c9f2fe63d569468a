package dev.mmib.train;

import dev.mmib.score.Prf;

/**
 * The end of an epoch.
 *
 * @param epoch from 1; 0 for the model as it was before the first
 * @param loss the mean over the epoch's rows; NaN for epoch 0
 * @param dev the scores of the dev set
 * @param best whether this is the best epoch so far
 * @param seconds of this epoch, scoring included
 */
public record EpochReport(
    int epoch, double loss, Prf dev, boolean best, double seconds, double postsPerSecond) {}
