package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** A device and the reference side by side, given the same numbers. */
public final class Bench implements AutoCloseable {

  /** Lengths around the widths of vectors and tiles. */
  public static final int[] SIZES = {1, 3, 31, 32, 33, 127, 1025};

  private final Backend device;
  private final ReferenceBackend reference = new ReferenceBackend();
  private final Random random = new Random(20260501);
  private final List<Twin> twins = new ArrayList<>();

  /** Takes over {@code device}: it is closed with the bench. */
  public Bench(Backend device) {
    this.device = device;
  }

  /** The same numbers on the device and on the reference. */
  public final class Twin {
    private final Buffer onDevice;
    private final Buffer onReference;

    private Twin(DType type, int length) {
      onDevice = device.allocate(type, length);
      onReference = reference.allocate(type, length);
      twins.add(this);
    }

    /** The buffer that kernels of {@code backend} may use. */
    public Buffer on(Backend backend) {
      return backend == device ? onDevice : onReference;
    }

    /** The numbers on the device. */
    public float[] floats() {
      var values = new float[onDevice.length()];
      device.download(onDevice, 0, values, 0, values.length);
      return values;
    }
  }

  public Random random() {
    return random;
  }

  /** A buffer for {@code n} results, filled with NaN so that what is not written is noticed. */
  public Twin floats(int n) {
    var values = new float[n];
    Arrays.fill(values, Float.NaN);
    return floats(values);
  }

  public Twin floats(float... values) {
    var twin = new Twin(DType.F32, values.length);
    device.upload(values, 0, twin.onDevice, 0, values.length);
    reference.upload(values, 0, twin.onReference, 0, values.length);
    return twin;
  }

  /** {@code n} random numbers from {@code [low, high)}, exact in float. */
  public Twin uniform(int n, double low, double high) {
    return floats(uniformFloats(n, low, high));
  }

  /** The same on the heap. */
  public float[] uniformFloats(int n, double low, double high) {
    var values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    return values;
  }

  /** {@code n} random numbers from {@code [−1, 1)}. */
  public Twin uniform(int n) {
    return uniform(n, -1, 1);
  }

  /** {@code n} numbers 0 and 1, of which the first is 1. */
  public Twin mask(int n) {
    var values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = i == 0 || random.nextInt(3) > 0 ? 1 : 0;
    }
    return floats(values);
  }

  public Twin ints(int... values) {
    var twin = new Twin(DType.I32, values.length);
    device.upload(values, 0, twin.onDevice, 0, values.length);
    reference.upload(values, 0, twin.onReference, 0, values.length);
    return twin;
  }

  /** {@code n} random ints from {@code [low, high)}. */
  public Twin ints(int n, int low, int high) {
    return ints(random.ints(n, low, high).toArray());
  }

  /** Runs the same kernel on both. */
  public void each(Consumer<Backend> kernel) {
    kernel.accept(device);
    kernel.accept(reference);
  }

  /** Compares with the tolerance of float arithmetic at the size of the largest element. */
  public void assertClose(Twin result, String what) {
    assertClose(result, 1e-5, 2e-6, what);
  }

  /** Compares: |got − want| ≤ relative · |want| + ofLargest · max |want|. */
  public void assertClose(Twin result, double relative, double ofLargest, String what) {
    double largest = 0;
    for (double w : reference.values(result.onReference)) {
      largest = Math.max(largest, Double.isFinite(w) ? Math.abs(w) : 0);
    }
    assertWithin(result, relative, ofLargest * largest, what);
  }

  /** Compares: |got − want| ≤ relative · |want| + absolute. */
  public void assertWithin(Twin result, double relative, double absolute, String what) {
    var got = result.floats();
    var want = reference.values(result.onReference);
    for (int i = 0; i < want.length; i++) {
      if (Double.isNaN(want[i]) || Math.abs(want[i]) > Float.MAX_VALUE) {
        assertEquals((float) want[i], got[i], what + ", element " + i);
        continue;
      }
      double tolerance = relative * Math.abs(want[i]) + absolute + Float.MIN_NORMAL;
      int element = i;
      assertTrue(
          Math.abs(got[i] - want[i]) <= tolerance,
          () -> what + ", element " + element + ": " + got[element] + " vs " + want[element]);
    }
  }

  /** Compares ints, exactly. */
  public void assertSameInts(Twin result, String what) {
    var got = new int[result.onDevice.length()];
    var want = new int[got.length];
    device.download(result.onDevice, 0, got, 0, got.length);
    reference.download(result.onReference, 0, want, 0, want.length);
    assertArrayEquals(want, got, what);
  }

  /** Frees everything, and checks that the kernels left no buffer of their own. */
  @Override
  public void close() {
    for (var twin : twins) {
      twin.onDevice.close();
      twin.onReference.close();
    }
    assertEquals(0, device.memory().liveBuffers(), "live buffers");
    device.close();
    reference.close();
  }
}
