package dev.mmib.cuda;

import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.MatMul.matmul;
import static dev.mmib.op.Reduction.mean;
import static dev.mmib.op.Regularization.dropout;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Recorded and replayed work comes to what it would come to as ever. */
@Tag("gpu")
class RecordingTest {

  private static final int STEPS = 8;

  /** What a small training showed: the losses and the weights at its end. */
  private record Course(List<Float> losses, float[] weights) {}

  /** Losses are read in mid-step, noise changes every step, Adam's numbers too. */
  private static Course train(CudaBackend device) {
    var random = new RandomState(7, 3);
    var losses = new ArrayList<Float>();
    try (var memory = Scope.detached(device)) {
      var w = memory.parameter(Shape.of(6, 5), numbers(30, 1));
      var m = memory.zeros(Shape.of(6, 5));
      var v = memory.zeros(Shape.of(6, 5));
      for (int step = 1; step <= STEPS; step++) {
        int now = step;
        var work = new Step(device, random, w, m, v, now);
        losses.add(device.repeat("step", random.position(), work::run));
      }
      var weights = new float[30];
      device.download(w.buffer(), 0, weights, 0, 30);
      return new Course(losses, weights);
    }
  }

  private record Step(
      CudaBackend device, RandomState random, Tensor w, Tensor m, Tensor v, int number) {

    float run() {
      try (var scope = Scope.open(device, Mode.TRAIN, random)) {
        var x = scope.of(Shape.of(4, 6), numbers(24, number));
        var y = dropout(matmul(x, w), 0.25);
        var loss = mean(mul(y, y));
        float value = loss.item();
        var gradient = Tape.gradients(loss).of(w);
        double squares = device.optimizer().sumOfSquares(gradient.buffer());
        var adam = new AdamStep(0.1 / number, 0.9, 0.999, 1e-8, 0.01, 1 / squares, true, number);
        device.optimizer().adam(adam, w.buffer(), gradient.buffer(), m.buffer(), v.buffer());
        return value;
      }
    }
  }

  private static float[] numbers(int n, int seed) {
    var values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) Math.sin(1.7 * i + 0.9 * seed);
    }
    return values;
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INT8")
  void learnsTheSameBitForBit(Precision precision) {
    Course plain;
    try (var device = Gpu.open(precision, false)) {
      plain = train(device);
    }
    try (var device = Gpu.open(precision, true)) {
      var recorded = train(device);
      assertEquals(plain.losses(), recorded.losses());
      assertArrayEquals(plain.weights(), recorded.weights());
      assertEquals(STEPS - 2, device.replays(), "all but the rehearsal and the capture");
      assertEquals(0, device.memory().liveBuffers());
    }
    assertNotEquals(plain.losses().get(STEPS - 2), plain.losses().get(STEPS - 1));
  }

  @Test
  void refusesWorkThatIsNotWhatWasRecorded() {
    try (var device = Gpu.open(Precision.FP32, true);
        var a = device.allocate(DType.F32, 8);
        var b = device.allocate(DType.F32, 8)) {
      for (int run = 0; run < 3; run++) {
        device.repeat("fill", 0, () -> fill(device, a, b, 1));
      }
      var e =
          assertThrows(
              IllegalStateException.class,
              () -> device.repeat("fill", 0, () -> fill(device, a, b, 2)));
      assertTrue(e.toString().contains("name in the key"), e.toString());
      device.repeat("fill", 0, () -> fill(device, a, b, 1)); // and goes on
    }
  }

  private static int fill(CudaBackend device, Buffer a, Buffer b, double value) {
    device.elementwise().fill(a, 1);
    device.elementwise().fill(b, value);
    return 0;
  }

  @Test
  void mayGoAnotherWayWhereTheHostHasWaited() {
    try (var device = Gpu.open(Precision.FP32, true);
        var a = device.allocate(DType.F32, 8)) {
      var read = new float[8];
      for (int run = 0; run < 5; run++) {
        boolean other = run == 3;
        device.repeat(
            "read",
            0,
            () -> {
              device.elementwise().fill(a, 3);
              device.download(a, 0, read, 0, 8);
              device.elementwise().affine(a, other ? 10 : 2, 0, a);
              return 0;
            });
        device.download(a, 0, read, 0, 8);
        assertEquals(other ? 30 : 6, read[7], "run " + run);
      }
    }
  }

  @Test
  void losesNothingWhenTheWorkFails() {
    try (var device = Gpu.open(Precision.FP32, true);
        var a = device.allocate(DType.F32, 8)) {
      for (int failing = 0; failing < 4; failing++) {
        for (int run = 0; run < 4; run++) {
          boolean fails = run == failing;
          if (fails) {
            assertThrows(
                ArithmeticException.class,
                () ->
                    device.repeat(
                        "work",
                        0,
                        () -> {
                          device.elementwise().fill(a, 5);
                          throw new ArithmeticException("planted");
                        }));
          } else {
            device.repeat(
                "work",
                0,
                () -> {
                  device.elementwise().fill(a, 5);
                  return 0;
                });
            var read = new float[8];
            device.download(a, 0, read, 0, 8);
            assertEquals(5, read[0]);
          }
        }
      }
    }
  }

  @Test
  void doesNotOverwriteResultsThatAreInUse() {
    try (var device = Gpu.open(Precision.FP32, true);
        var kept = Scope.detached(device)) {
      var results = new ArrayList<Tensor>();
      for (int run = 0; run < 6; run++) {
        float value = run;
        results.add(
            device.repeat(
                "keep",
                0,
                () -> {
                  try (var scope = Scope.open(device, Mode.INFER)) {
                    var x = scope.of(Shape.of(3), value, 2, 3);
                    return kept.keep(mul(x, scope.of(Shape.of(3), 1, 1, 1)));
                  }
                }));
      }
      try (var scope = Scope.open(device, Mode.INFER)) {
        for (int run = 0; run < 6; run++) {
          assertArrayEquals(new float[] {run, 2, 3}, results.get(run).toFloats());
        }
      }
    }
  }

  @Test
  void keepsRecordingsOfTheShapesUsedLast() {
    try (var device = Gpu.open(Precision.FP32, true);
        var a = device.allocate(DType.F32, 64)) {
      for (int round = 0; round < 3; round++) {
        for (int shape = 1; shape <= 12; shape++) {
          int factor = shape;
          float got =
              device.repeat(
                  shape,
                  0,
                  () -> {
                    try (var scope = Scope.open(device, Mode.INFER)) {
                      device.elementwise().fill(a, factor);
                      return mean(scope.of(Shape.of(factor), numbers(factor, factor))).item();
                    }
                  });
          double want = 0;
          for (float x : numbers(factor, factor)) {
            want += x;
          }
          assertEquals(want / factor, got, 1e-6);
        }
      }
      assertEquals(1, device.memory().liveBuffers());
    }
  }

  /** The memory of recordings that had to go is that of the next. */
  @Test
  void takesNoMoreMemoryThanItsRecordingsDo() {
    int length = 4 << 20;
    try (var neighbour = Gpu.open();
        var device = Gpu.open(Precision.FP32, true)) {
      long before = neighbour.availableBytes();
      for (int key = 0; key < 40; key++) {
        device.repeat(
            key,
            0,
            () -> {
              try (var x = device.allocate(DType.F32, length)) {
                device.elementwise().fill(x, 1);
              }
              return 0;
            });
      }
      long taken = before - neighbour.availableBytes();
      assertTrue(taken <= 12 * 4L * length, taken + " bytes for eight recordings");
    }
  }
}
