package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;
import dev.mmib.backend.kernel.OptimizerKernels.Update;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What threads share among them is the same to the bit, however many they are. */
class CpuThreadsTest {

  private static final Dropout DROPOUT = new Dropout(0.1, 3, 4);

  /** A backend, numbers for it, and the results that were read from it. */
  private static final class Work implements AutoCloseable {

    final CpuBackend cpu;
    private final Numbers numbers = new Numbers();
    private final List<Buffer> open = new ArrayList<>();
    final List<float[]> results = new ArrayList<>();

    Work(int threads) {
      cpu = new CpuBackend(threads, new OffHeapMemory(), true);
    }

    Buffer some(int length) {
      return keep(Numbers.buffer(cpu, numbers.normal(length)));
    }

    Buffer room(int length) {
      return keep(cpu.allocate(DType.F32, length));
    }

    private Buffer keep(Buffer buffer) {
      open.add(buffer);
      return buffer;
    }

    void read(Buffer... buffers) {
      for (var buffer : buffers) {
        results.add(Numbers.values(cpu, buffer));
      }
    }

    @Override
    public void close() {
      open.forEach(Buffer::close);
      assertEquals(0, cpu.memory().liveBuffers(), "scratch memory was left");
      cpu.close();
    }
  }

  @FunctionalInterface
  private interface Body {
    void run(Work work);
  }

  private static void assertSameBits(Body body) {
    List<float[]> alone = null;
    for (int threads : new int[] {1, 2, 3, 7}) {
      try (var work = new Work(threads)) {
        body.run(work);
        if (alone == null) {
          alone = work.results;
        }
        for (int i = 0; i < alone.size(); i++) {
          assertArrayEquals(alone.get(i), work.results.get(i), i + " by " + threads);
        }
      }
    }
  }

  @Test
  void attends() {
    assertSameBits(
        work -> {
          var h = new Heads(2, 3, 300, 301, 8, 0.3); // several blocks of queries
          int queries = 2 * 300 * 24;
          int keys = 2 * 301 * 24;
          var q = work.some(queries);
          var k = work.some(keys);
          var v = work.some(keys);
          var dout = work.some(queries);
          var out = work.room(queries);
          var inferred = work.room(queries);
          var dq = work.room(queries);
          var dk = work.room(keys);
          var dv = work.room(keys);
          for (var dropout : List.of(Dropout.NONE, DROPOUT)) {
            var saved = work.room(h.probabilities());
            var kernels = work.cpu.attention();
            kernels.forward(h, q, k, v, Masks.NONE, dropout, out, saved);
            kernels.backward(h, q, k, v, Masks.NONE, dropout, out, saved, dout, dq, dk, dv);
            work.read(out, saved, dq, dk, dv);
          }
          work.cpu.attention().infer(h, q, k, v, Masks.NONE, inferred, work.room(1));
          work.read(inferred);
        });
  }

  @Test
  void normalizesSums() {
    assertSameBits(
        work -> {
          int rows = 201; // several blocks, the last smaller
          int cols = 100;
          var x = work.some(rows * cols);
          var residual = work.some(rows * cols);
          var gamma = work.some(cols);
          var beta = work.some(cols);
          var sum = work.room(rows * cols);
          var y = work.room(rows * cols);
          var mean = work.room(rows);
          var invStd = work.room(rows);
          var norm = work.cpu.norm();
          norm.residualLayerNorm(
              DROPOUT, x, residual, gamma, beta, 1e-5, sum, y, mean, invStd, rows, cols);
          var dx = work.room(rows * cols);
          var dresidual = work.room(rows * cols);
          var dgamma = work.room(cols);
          var dbeta = work.room(cols);
          norm.residualLayerNormGrad(
              DROPOUT, sum, gamma, mean, invStd, y, dx, dresidual, dgamma, dbeta, rows, cols);
          work.read(sum, y, mean, invStd, dx, dresidual, dgamma, dbeta);
        });
  }

  @Test
  void appliesBiasedGelus() {
    assertSameBits(
        work -> {
          int rows = 201;
          int cols = 1300;
          var x = work.some(rows * cols);
          var bias = work.some(cols);
          var dy = work.some(rows * cols);
          var y = work.room(rows * cols);
          var dx = work.room(rows * cols);
          var dbias = work.room(cols);
          var kernels = work.cpu.elementwise();
          kernels.biasUnary(Unary.GELU, x, bias, y, rows, cols);
          kernels.biasUnaryGrad(Unary.GELU, x, bias, dy, dx, dbias, rows, cols);
          work.read(y, dx, dbias);
        });
  }

  @Test
  void sumsColumns() {
    assertSameBits(
        work -> {
          int rows = 1030;
          int cols = 300;
          var y = work.room(cols);
          work.cpu.reduction().sum(work.some(rows * cols), y, 1, rows, cols);
          work.read(y);
        });
  }

  @Test
  void updatesParameters() {
    assertSameBits(
        work -> {
          var step = new AdamStep(1e-2, 0.9, 0.999, 1e-8, 0.1, 0.5, true, 3);
          var updates = new ArrayList<Update>();
          var sums = new float[1];
          for (int n : new int[] {1, 100, 70_001}) {
            var g = work.some(n);
            var v = work.some(n);
            work.cpu.elementwise().unary(Unary.RELU, v, v);
            updates.add(new Update(step, work.some(n), g, work.some(n), v));
            sums[0] += (float) work.cpu.optimizer().sumOfSquares(g);
          }
          work.cpu.optimizer().adam(updates);
          for (var update : updates) {
            work.read(update.parameter(), update.m(), update.v());
          }
          work.results.add(sums);
        });
  }
}
