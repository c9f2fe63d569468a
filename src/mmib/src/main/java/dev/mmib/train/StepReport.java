package dev.mmib.train;

/**
 * One step of a training.
 *
 * @param epoch from 1
 * @param step from 1, counted over all epochs
 * @param steps of the whole training
 * @param rows in this step's batch
 * @param loss the whole loss; the next four are its parts before their weights
 * @param gradientNorm over all parameters, before clipping
 * @param postsPerSecond of the steps of this epoch so far
 * @param backendBytes what the device's tensors take at most so far
 */
public record StepReport(
    int epoch,
    long step,
    long steps,
    int rows,
    double loss,
    double taskLoss,
    double alignment,
    double klText,
    double klImage,
    double learningRate,
    double gradientNorm,
    double postsPerSecond,
    long backendBytes) {}
