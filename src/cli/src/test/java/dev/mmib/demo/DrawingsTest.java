package dev.mmib.demo;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.image.ImageDecoder;
import dev.mmib.image.ImagePreprocessor;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** That the pictures tell what they should: a linear classifier on coarse pixels learns it. */
class DrawingsTest {

  private static final int CLASSES = 4;
  private static final int SIDE = 12;
  private static final int INPUTS = 3 * SIDE * SIDE + 1;

  @Test
  void entityPicturesTellTheType() {
    check(Drawings::entity);
  }

  @Test
  void pairPicturesTellTheRelation() {
    check(PairDrawings::relation);
  }

  /** Softmax regression by gradient descent, with weight decay. */
  private static void check(BiConsumer<Integer, Sketch> motif) {
    double[][] weights = new double[CLASSES][INPUTS];
    var random = new Random(2);
    float[][] train = new float[400][];
    for (int i = 0; i < train.length; i++) {
      train[i] = input("train" + i, i % CLASSES, motif);
    }
    for (int step = 0; step < 12_000; step++) {
      int i = random.nextInt(train.length);
      double[] p = probabilities(weights, train[i]);
      double rate = 0.01 / (1 + step / 4000.0);
      for (int k = 0; k < CLASSES; k++) {
        double error = (k == i % CLASSES ? 1 : 0) - p[k];
        for (int j = 0; j < INPUTS; j++) {
          weights[k][j] += rate * (error * train[i][j] - 0.001 * weights[k][j]);
        }
      }
    }
    int right = 0;
    for (int i = 0; i < 200; i++) {
      double[] p = probabilities(weights, input("test" + i, i % CLASSES, motif));
      int best = 0;
      for (int k = 1; k < CLASSES; k++) {
        best = p[k] > p[best] ? k : best;
      }
      right += best == i % CLASSES ? 1 : 0;
    }
    assertTrue(right >= 190, right + " of 200");
  }

  private static float[] input(String id, int label, BiConsumer<Integer, Sketch> motif) {
    byte[] jpeg = Pictures.draw(3, id, sketch -> motif.accept(label, sketch)).whole();
    float[] values =
        new ImagePreprocessor(SIDE, SIDE).apply(ImageDecoder.decode(jpeg, id + ".jpg"));
    float[] out = java.util.Arrays.copyOf(values, INPUTS);
    out[INPUTS - 1] = 1;
    return out;
  }

  private static double[] probabilities(double[][] weights, float[] input) {
    double[] p = new double[CLASSES];
    double sum = 0;
    for (int k = 0; k < CLASSES; k++) {
      double score = 0;
      for (int j = 0; j < INPUTS; j++) {
        score += weights[k][j] * input[j];
      }
      p[k] = Math.exp(score);
      sum += p[k];
    }
    for (int k = 0; k < CLASSES; k++) {
      p[k] /= sum;
    }
    return p;
  }
}
