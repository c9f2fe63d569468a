package dev.mmib.backend.host;

/**
 * Working memory of each thread that stays, so that work in a steady state makes no garbage.
 *
 * <p>Arrays are at least as long as asked for, hold what was left in them, and belong to whoever
 * asked until something else runs on the thread. They are asked for by number: different numbers
 * are different arrays. Sizes must be bounded, such as those of tiles and rows; garbage collection
 * frees what a thread that ended kept.
 */
public final class Scratch {

  private static final int MOST = 8;

  // Arrays of arrays, not objects of a class of ours: threads that live on keep no class loader.
  private static final ThreadLocal<float[][]> FLOATS =
      ThreadLocal.withInitial(() -> new float[MOST][0]);
  private static final ThreadLocal<double[][]> DOUBLES =
      ThreadLocal.withInitial(() -> new double[MOST][0]);

  private Scratch() {}

  /** The calling thread's floats of this number. */
  public static float[] floats(int number, int length) {
    float[][] kept = FLOATS.get();
    if (kept[number].length < length) {
      kept[number] = new float[length];
    }
    return kept[number];
  }

  /** The calling thread's doubles of this number. */
  public static double[] doubles(int number, int length) {
    double[][] kept = DOUBLES.get();
    if (kept[number].length < length) {
      kept[number] = new double[length];
    }
    return kept[number];
  }
}
