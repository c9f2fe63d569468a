package dev.mmib.nd4j;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.Device;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.backend.kernel.Dropout;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import java.util.Arrays;

/** Every kind of ND4J's kernels once, as a program that can run in a process of its own. */
public final class AllKernels {

  private AllKernels() {}

  /** Prints {@code works} and the description, or dies. */
  public static void main(String[] arguments) {
    var provider = new Nd4jProvider();
    provider
        .unavailableBecause()
        .ifPresent(
            reason -> {
              throw new IllegalStateException(reason);
            });
    try (Backend nd4j = provider.open(Device.Options.threads(2))) {
      run(nd4j);
      System.out.println("works: " + nd4j.description());
    }
  }

  private static Buffer filled(Backend backend, int length, float value) {
    var values = new float[length];
    Arrays.fill(values, value);
    Buffer buffer = backend.allocate(DType.F32, length);
    backend.upload(values, 0, buffer, 0, length);
    return buffer;
  }

  private static void expect(Backend backend, Buffer buffer, int at, float wanted) {
    var got = new float[1];
    backend.download(buffer, at, got, 0, 1);
    if (Math.abs(got[0] - wanted) > 1e-4f * Math.abs(wanted)) {
      throw new IllegalStateException("got " + got[0] + " vs " + wanted);
    }
  }

  static void run(Backend backend) {
    var conv = new Conv2d(1, 2, 5, 5, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1);
    var heads = new Heads(1, 2, 3, 3, 4, 0.5);
    try (Buffer a = filled(backend, 6, 2);
        Buffer b = filled(backend, 12, 3);
        Buffer bias = filled(backend, 4, 1);
        Buffer c = filled(backend, 8, 0);
        Buffer x = filled(backend, 50, 1);
        Buffer w = filled(backend, 54, 1);
        Buffer y = filled(backend, 75, 1);
        Buffer q = filled(backend, 24, 1);
        Buffer out = filled(backend, 24, 0);
        Buffer saved = filled(backend, backend.attention().savedLength(heads), 0)) {
      backend.matmul().matmul(Product.of(2, 4, 3, false, true), a, b, bias, c);
      expect(backend, c, 7, 19);
      backend.convolution().backwardData(conv, y, w, x);
      expect(backend, x, 12, 27);
      backend.convolution().backwardWeights(conv, x, y, w);
      backend.convolution().forward(conv, x, w, null, y);
      backend.attention().forward(heads, q, q, q, Masks.NONE, Dropout.NONE, out, saved);
      expect(backend, out, 5, 1);
      backend
          .attention()
          .backward(heads, q, q, q, Masks.NONE, Dropout.NONE, out, saved, q, out, out, out);
    }
  }
}
