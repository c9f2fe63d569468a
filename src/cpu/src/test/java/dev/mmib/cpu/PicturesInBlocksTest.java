package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.backend.kernel.ElementwiseKernels.Binary;
import dev.mmib.backend.kernel.ElementwiseKernels.Unary;
import dev.mmib.backend.kernel.NormKernels.Channels;
import dev.mmib.backend.kernel.PoolingKernels.Pool2d;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Kernels on pictures in blocks of channels against the same kernels on the same in plain order.
 */
class PicturesInBlocksTest {

  private static final int BLOCK = 16;
  private static final int BATCH = 3;
  private static final int CHANNELS = 32;
  private static final int HEIGHT = 11;
  private static final int WIDTH = 17;
  private static final int SIZE = BATCH * CHANNELS * HEIGHT * WIDTH;
  private static final ChannelBlocks BLOCKS =
      new ChannelBlocks(BATCH, CHANNELS, HEIGHT * WIDTH, BLOCK);

  private final CpuBackend cpu = new CpuBackend(2);
  private final Workers workers = new Workers(2);
  private final Arranger arranger = new Arranger(workers);
  private final Numbers numbers = new Numbers();
  private final List<Buffer> made = new ArrayList<>();

  @AfterEach
  void close() {
    made.forEach(Buffer::close);
    assertEquals(0, cpu.memory().liveBuffers());
    workers.close();
    cpu.close();
  }

  private Buffer of(float... values) {
    Buffer buffer = buffer(cpu, values);
    made.add(buffer);
    return buffer;
  }

  private Buffer room(int length) {
    Buffer buffer = cpu.allocate(DType.F32, length);
    made.add(buffer);
    return buffer;
  }

  private Buffer inBlocks(float... values) {
    return arranger.arranged(of(values), BLOCKS);
  }

  @Test
  void lieAsOneDnnExpectsThem() {
    float[] x = numbers.normal(SIZE);
    var blocks = arranger.reading(of(x), BLOCKS);
    for (int i = 0; i < SIZE; i++) {
      int place = i % (HEIGHT * WIDTH);
      int channel = i / (HEIGHT * WIDTH) % CHANNELS;
      int picture = i / (HEIGHT * WIDTH) / CHANNELS;
      int at =
          ((picture * (CHANNELS / BLOCK) + channel / BLOCK) * HEIGHT * WIDTH + place) * BLOCK
              + channel % BLOCK;
      assertEquals(x[i], blocks.get(at), "element " + i);
    }
  }

  @Test
  void areReadInPlainOrderByWhoeverDoesNotAsk() {
    float[] x = numbers.normal(SIZE);
    Buffer buffer = inBlocks(x);
    assertArrayEquals(x, values(cpu, buffer));
    assertNotNull(Arranger.blocksOf(buffer)); // reading has changed nothing
    var sum = room(1);
    cpu.reduction().sum(buffer, sum, 1, SIZE, 1);
    assertNull(Arranger.blocksOf(buffer));
    assertArrayEquals(x, values(cpu, buffer));
    var other = new ChannelBlocks(BATCH * 2, CHANNELS / 2, HEIGHT * WIDTH, BLOCK);
    arranger.arranged(arranger.arranged(buffer, other), BLOCKS);
    assertArrayEquals(x, values(cpu, buffer));
  }

  @Test
  void goThroughPointwiseKernelsAsTheyLie() {
    float[] x = numbers.normal(SIZE);
    float[] z = numbers.normal(SIZE);
    for (Unary f : new Unary[] {Unary.RELU, Unary.GELU, Unary.SIGMOID}) {
      Buffer y = room(SIZE);
      Buffer wanted = room(SIZE);
      cpu.elementwise().unary(f, inBlocks(x), y);
      cpu.elementwise().unary(f, of(x), wanted);
      assertNotNull(Arranger.blocksOf(y));
      assertArrayEquals(values(cpu, wanted), values(cpu, y), f.name());
      Buffer dx = room(SIZE);
      Buffer wantedDx = room(SIZE);
      cpu.elementwise().unaryGrad(f, inBlocks(x), y, of(z), dx);
      cpu.elementwise().unaryGrad(f, of(x), wanted, of(z), wantedDx);
      assertArrayEquals(values(cpu, wantedDx), values(cpu, dx), f + " derived");
    }
    for (Binary f : Binary.values()) {
      Buffer wanted = room(SIZE);
      cpu.elementwise().binary(f, of(x), of(z), wanted);
      for (boolean second : new boolean[] {true, false}) {
        Buffer y = room(SIZE);
        Buffer a = second ? of(x) : inBlocks(x);
        cpu.elementwise().binary(f, a, second ? inBlocks(z) : of(z), y);
        assertArrayEquals(values(cpu, wanted), values(cpu, y), f.name());
      }
    }
    Buffer sum = of(z);
    Buffer wantedSum = of(z);
    cpu.elementwise().accumulate(inBlocks(x), sum);
    cpu.elementwise().accumulate(of(x), wantedSum);
    assertArrayEquals(values(cpu, wantedSum), values(cpu, sum), "accumulate");
    Buffer scaled = inBlocks(x);
    Buffer wantedScaled = of(x);
    cpu.elementwise().affine(scaled, 2, 1, scaled);
    cpu.elementwise().affine(wantedScaled, 2, 1, wantedScaled);
    assertArrayEquals(values(cpu, wantedScaled), values(cpu, scaled), "affine");
    cpu.elementwise().fill(scaled, 3);
    assertEquals(3, values(cpu, scaled)[SIZE - 1]);
  }

  @Test
  void arePooled() {
    float[] ties = numbers.normal(SIZE);
    for (int i = 0; i < ties.length; i++) {
      ties[i] = Math.round(ties[i]);
    }
    ties[20] = Float.NaN;
    for (var pool :
        List.of(
            new Pool2d(BATCH * CHANNELS, HEIGHT, WIDTH, 3, 3, 2, 2, 1, 1),
            new Pool2d(BATCH * CHANNELS, HEIGHT, WIDTH, 2, 3, 1, 2, 0, 1),
            new Pool2d(BATCH * CHANNELS, HEIGHT, WIDTH, 11, 17, 1, 1, 0, 0))) {
      int outputs = BATCH * CHANNELS * pool.outHeight() * pool.outWidth();
      float[] dy = numbers.normal(outputs);
      var results = new ArrayList<float[]>();
      var indices = new ArrayList<int[]>();
      for (Buffer x : List.of(of(ties), inBlocks(ties))) {
        Buffer y = room(outputs);
        Buffer dx = room(SIZE);
        Buffer argmax = cpu.allocate(DType.I32, outputs);
        made.add(argmax);
        cpu.pooling().max(pool, x, y, null);
        results.add(values(cpu, y));
        cpu.pooling().max(pool, x, y, argmax);
        var where = new int[outputs];
        cpu.download(argmax, 0, where, 0, outputs);
        indices.add(where);
        results.add(values(cpu, y));
        Buffer upstream = of(dy);
        var order = Arranger.blocksOf(y);
        assertEquals(Arranger.blocksOf(x) == null, order == null);
        if (order != null) {
          arranger.arranged(upstream, order);
        }
        cpu.pooling().maxGrad(pool, argmax, upstream, dx);
        results.add(values(cpu, dx));
      }
      assertArrayEquals(results.get(0), results.get(3), "max alone of " + pool);
      assertArrayEquals(indices.get(0), indices.get(1), "argmax of " + pool);
      assertArrayEquals(results.get(1), results.get(4), "max of " + pool);
      assertArrayEquals(results.get(2), results.get(5), "gradient of " + pool);
    }
    for (int cells : new int[] {1, 2}) {
      int outputs = BATCH * CHANNELS * cells;
      Buffer y = room(outputs);
      Buffer wanted = room(outputs);
      float[] x = numbers.normal(SIZE);
      cpu.pooling().adaptiveAverage(BATCH * CHANNELS, HEIGHT, WIDTH, 1, cells, inBlocks(x), y);
      cpu.pooling().adaptiveAverage(BATCH * CHANNELS, HEIGHT, WIDTH, 1, cells, of(x), wanted);
      assertArrayEquals(values(cpu, wanted), values(cpu, y), 1e-6f, "mean");
    }
  }

  @Test
  void areNormalized() {
    var size = new Channels(BATCH, CHANNELS, HEIGHT * WIDTH);
    float[] x = numbers.normal(SIZE);
    for (int i = 0; i < SIZE; i++) {
      x[i] += 30; // the mean is large against the deviation
    }
    float[] dy = numbers.normal(SIZE);
    Buffer gamma = of(numbers.normal(CHANNELS));
    Buffer beta = of(numbers.normal(CHANNELS));
    for (boolean ofX : new boolean[] {true, false}) {
      var results = new ArrayList<float[]>();
      for (Buffer in : List.of(of(x), inBlocks(x))) {
        Buffer mean = room(CHANNELS);
        Buffer variance = room(CHANNELS);
        Buffer y = room(SIZE);
        Buffer dx = room(SIZE);
        Buffer dgamma = room(CHANNELS);
        Buffer dbeta = room(CHANNELS);
        cpu.norm().batchStatistics(size, in, mean, variance);
        cpu.norm().batchNorm(size, in, mean, variance, gamma, beta, 1e-3, y);
        cpu.norm()
            .batchNormGrad(size, in, mean, variance, gamma, 1e-3, ofX, of(dy), dx, dgamma, dbeta);
        for (Buffer result : List.of(mean, variance, y, dx, dgamma, dbeta)) {
          results.add(values(cpu, result));
        }
        cpu.norm()
            .batchNormGrad(size, in, mean, variance, gamma, 1e-3, ofX, of(dy), null, dgamma, dbeta);
        results.add(values(cpu, dgamma));
      }
      for (int i = 0; i < 7; i++) {
        assertArrayEquals(results.get(i), results.get(7 + i), i < 2 ? 1e-5f : 1e-4f, "result " + i);
      }
    }
  }

  @Test
  void hideNoNaN() {
    var size = new Channels(BATCH, CHANNELS, HEIGHT * WIDTH);
    float[] x = numbers.normal(SIZE);
    x[5] = Float.NaN;
    Buffer ones = of(numbers.normal(CHANNELS));
    Buffer mean = room(CHANNELS);
    Buffer variance = room(CHANNELS);
    Buffer y = room(SIZE);
    if (cpu.norm().fusesBatchNorm(size)) {
      cpu.norm()
          .batchNormTraining(size, inBlocks(x), ones, ones, 1e-3, null, true, y, mean, variance);
      assertEquals(Float.NaN, values(cpu, y)[0]);
      assertEquals(Float.NaN, values(cpu, variance)[0]);
    }
  }

  /** Copies of weights in oneDNN's order are not used once the weights have changed. */
  @Test
  void meetTheWeightsOfNow() {
    var conv = new Conv2d(2, 16, 5, 5, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1);
    float[] first = numbers.normal(16 * 16 * 9);
    float[] second = numbers.normal(16 * 16 * 9);
    Buffer x = of(numbers.normal(2 * 16 * 25));
    Buffer w = of(first);
    Buffer y = room(2 * 16 * 25);
    Buffer dx = room(2 * 16 * 25);
    cpu.convolution().forward(conv, x, w, null, y);
    cpu.convolution().backwardData(conv, x, w, dx);
    cpu.upload(second, 0, w, 0, second.length);
    cpu.convolution().forward(conv, x, w, null, y);
    cpu.convolution().backwardData(conv, x, w, dx);
    float[] got = values(cpu, y);
    float[] gotDx = values(cpu, dx);
    Buffer fresh = of(second);
    cpu.convolution().forward(conv, x, fresh, null, y);
    cpu.convolution().backwardData(conv, x, fresh, dx);
    assertArrayEquals(values(cpu, y), got);
    assertArrayEquals(values(cpu, dx), gotDx);
  }
}
