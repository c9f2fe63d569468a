package dev.mmib.train;

/**
 * One step of a training.
 *
 * @param epoch from 1
 * @param step from 1, counted over all epochs
 * @param steps of the whole training
 * @param rows that the step learned from
 * @param loss the whole loss; the next four are its parts before their weights
 * @param gradientNorm over all parameters, before clipping
 * @param skipped whether the loss or the gradient was not finite and nothing was learned; the
 *     numbers from the loss to the norm are then NaN
 * @param postsPerSecond of the steps of this epoch so far
 * @param backendBytes what the device's tensors take at most so far
 * @param heapBytes what the Java heap holds, garbage included
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
    boolean skipped,
    double postsPerSecond,
    long backendBytes,
    long heapBytes) {

  static long heapNow() {
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
