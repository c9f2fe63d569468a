package dev.mmib.cuda;

import static jcuda.jcublas.JCublas2.cublasCreate;
import static jcuda.jcublas.JCublas2.cublasDestroy;
import static jcuda.jcublas.JCublas2.cublasSetStream;
import static jcuda.jcublas.JCublas2.cublasSgemm;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.DType;
import dev.mmib.backend.Precision;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import dev.mmib.cuda.natives.CudaNatives;
import java.util.List;
import java.util.Random;
import jcuda.Pointer;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products by cuBLAS against those of plain Java, in every precision. */
@Tag("gpu")
class CublasTest {

  private static final List<Product> PRODUCTS =
      List.of(
          Product.of(1, 1, 1, false, false),
          Product.of(33, 31, 127, false, false),
          Product.of(31, 33, 127, true, false),
          Product.of(127, 3, 32, false, true),
          Product.of(64, 128, 96, true, true),
          Product.of(3, 1025, 33, false, false),
          new Product(3, 32, 33, 31, false, false, 32 * 31, 31 * 33),
          new Product(3, 16, 64, 48, false, true, 16 * 48, 0));

  private static float[] product(Backend backend, Product p) {
    try (var work = new Work(backend, 7)) {
      int as = p.aStride() == 0 ? 1 : p.batch();
      int bs = p.bStride() == 0 ? 1 : p.batch();
      var a = work.numbers(as * p.m() * p.k());
      var b = work.numbers(bs * p.k() * p.n());
      var bias = work.numbers(p.n());
      var c = work.room(p.batch() * p.m() * p.n());
      backend.matmul().matmul(p, a, b, bias, c);
      return work.read(c);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INT8")
  void multipliesLikeTheHost(Precision precision) {
    try (var gpu = Gpu.open(precision, false);
        var host = new JavaBackend(2)) {
      for (var p : PRODUCTS) {
        var want = product(host, p);
        Distances.assertNear(precision, product(gpu, p), want, p.toString());
      }
    }
  }

  /** The numbers are bfloat16 inside, not float32 under another name. */
  @Test
  void roundsFactorsWhereItMay() {
    var p = Product.of(64, 128, 96, false, false);
    try (var gpu = Gpu.open(Precision.BF16, false);
        var host = new JavaBackend(2)) {
      double distance = Distances.of(product(gpu, p), product(host, p));
      assertTrue(distance > 1e-4, "off by " + distance);
    }
  }

  /** The plainest call of the library, past everything of ours but the loader. */
  @Test
  void answersToItsPlainestCall() {
    Gpu.assumePresent();
    CudaNatives.load();
    int n = 32;
    var random = new Random(3);
    var a = Work.floats(random, n * n);
    var b = Work.floats(random, n * n);
    var c = new float[n * n];
    try (var stream = new CudaStream(0);
        var onA = stream.scratch(DType.F32, n * n);
        var onB = stream.scratch(DType.F32, n * n);
        var onC = stream.scratch(DType.F32, n * n)) {
      stream.upload(a, 0, onA, 0, n * n);
      stream.upload(b, 0, onB, 0, n * n);
      var handle = new cublasHandle();
      var one = Pointer.to(new float[] {1});
      var zero = Pointer.to(new float[] {0});
      int no = cublasOperation.CUBLAS_OP_N;
      assertEquals(0, cublasCreate(handle));
      assertEquals(0, cublasSetStream(handle, stream.runtimeHandle()));
      int status =
          cublasSgemm(
              handle,
              no,
              no,
              n,
              n,
              n,
              one,
              onA.pointer(),
              n,
              onB.pointer(),
              n,
              zero,
              onC.pointer(),
              n);
      assertEquals(0, status);
      stream.download(onC, 0, c, 0, n * n);
      assertEquals(0, cublasDestroy(handle));
    }
    var want = new float[n * n]; // column-major
    for (int col = 0; col < n; col++) {
      for (int row = 0; row < n; row++) {
        double sum = 0;
        for (int k = 0; k < n; k++) {
          sum += (double) a[k * n + row] * b[col * n + k];
        }
        want[col * n + row] = (float) sum;
      }
    }
    Distances.assertNear(Precision.FP32, c, want, "cublasSgemm");
  }
}
