package dev.mmib.cpu;

/** Sums and maxima by halves, each of them a loop without a chain of dependent steps. */
final class Halves {

  private Halves() {}

  /** The largest of {@code n} numbers from {@code at} on; {@code room} is for half of them. */
  static float largest(float[] x, int at, int n, float[] room) {
    if (n == 1) {
      return x[at];
    }
    int half = (n + 1) / 2;
    room[half - 1] = x[at + half - 1]; // alone where n is odd
    for (int i = 0; i < n - half; i++) {
      room[i] = Math.max(x[at + i], x[at + half + i]);
    }
    for (int m = half; m > 1; m = half) {
      half = (m + 1) / 2;
      for (int i = 0; i < m - half; i++) {
        room[i] = Math.max(room[i], room[half + i]);
      }
    }
    return room[0];
  }

  /** Their sum, rounded about log₂ n times. */
  static float sum(float[] x, int at, int n, float[] room) {
    if (n == 1) {
      return x[at];
    }
    int half = (n + 1) / 2;
    room[half - 1] = x[at + half - 1];
    for (int i = 0; i < n - half; i++) {
      room[i] = x[at + i] + x[at + half + i];
    }
    return sum(room, half);
  }

  private static float sum(float[] room, int n) {
    int half;
    for (int m = n; m > 1; m = half) {
      half = (m + 1) / 2;
      for (int i = 0; i < m - half; i++) {
        room[i] += room[half + i];
      }
    }
    return room[0];
  }

  /** The sum of the squares of the first {@code n} numbers. */
  static float sumOfSquares(float[] x, int n, float[] room) {
    int half = (n + 1) / 2;
    room[half - 1] = x[half - 1] * x[half - 1]; // alone where n is odd
    for (int i = 0; i < n - half; i++) {
      room[i] = x[i] * x[i] + x[half + i] * x[half + i];
    }
    return sum(room, half);
  }
}
