package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.host.HostBuffer;
import dev.mmib.backend.kernel.MatMulKernels;
import java.nio.FloatBuffer;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products by oneDNN: transposes and batches are strides, the bias is fused.
 *
 * <p>Empty products are left to the host kernels.
 */
final class OneDnnMatMulKernels implements MatMulKernels {

  private final OneDnn oneDnn;
  private final MatMulKernels host;

  OneDnnMatMulKernels(OneDnn oneDnn, MatMulKernels host) {
    this.oneDnn = oneDnn;
    this.host = host;
  }

  private record Key(Product product, boolean bias) {}

  @Override
  public void matmul(Product product, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    if (product.batch() == 0 || product.m() == 0 || product.n() == 0 || product.k() == 0) {
      host.matmul(product, a, b, bias, c);
      return;
    }
    if (product.batch() > 1 && product.aStride() == 0 && product.bStride() == 0) {
      repeat(product, a, b, bias, c);
      return;
    }
    Key key = new Key(simplest(product), bias != null);
    Plan plan = oneDnn.plan(key, work(key.product()), builder -> compose(builder, key));
    if (bias == null) {
      plan.run(a, b, c);
    } else {
      plan.run(a, b, bias, c);
    }
  }

  private static double work(Product p) {
    return (double) p.batch() * p.m() * p.n() * p.k();
  }

  /** Rows of many matrices times one matrix are rows of one matrix. */
  private static Product simplest(Product p) {
    if (p.batch() == 1) {
      return Product.of(p.m(), p.n(), p.k(), p.transposeA(), p.transposeB());
    }
    long rows = (long) p.batch() * p.m();
    boolean foldable =
        p.bStride() == 0
            && !p.transposeA()
            && p.aStride() == p.m() * p.k()
            && rows <= Integer.MAX_VALUE;
    return foldable ? Product.of((int) rows, p.n(), p.k(), false, p.transposeB()) : p;
  }

  /** A batch of one and the same product. */
  private void repeat(Product p, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    int size = p.m() * p.n();
    matmul(Product.of(p.m(), p.n(), p.k(), p.transposeA(), p.transposeB()), a, b, bias, c);
    FloatBuffer out = HostBuffer.floats(c);
    for (int i = 1; i < p.batch(); i++) {
      out.put(i * size, out, 0, size);
    }
  }

  private static void compose(Plan.Builder plan, Key key) {
    Product p = key.product();
    memory.desc aDesc = matrix(plan, p, p.m(), p.k(), p.transposeA(), p.aStride());
    memory.desc bDesc = matrix(plan, p, p.k(), p.n(), p.transposeB(), p.bStride());
    memory.desc cDesc =
        p.batch() == 1 ? plan.dense(p.m(), p.n()) : plan.dense(p.batch(), p.m(), p.n());
    memory a = plan.slot(aDesc);
    memory b = plan.slot(bDesc);
    if (!key.bias()) {
      var desc =
          new matmul.primitive_desc(plan.engine(), aDesc, bDesc, cDesc, plan.attributes(), false);
      memory c = plan.slot(cDesc);
      plan.step(
          desc,
          new matmul(desc),
          dnnl.DNNL_ARG_SRC,
          a,
          dnnl.DNNL_ARG_WEIGHTS,
          b,
          dnnl.DNNL_ARG_DST,
          c);
      return;
    }
    memory.desc biasDesc = p.batch() == 1 ? plan.dense(1, p.n()) : plan.dense(1, 1, p.n());
    var desc =
        new matmul.primitive_desc(
            plan.engine(), aDesc, bDesc, biasDesc, cDesc, plan.attributes(), false);
    memory bias = plan.slot(biasDesc);
    memory c = plan.slot(cDesc);
    plan.step(
        desc,
        new matmul(desc),
        dnnl.DNNL_ARG_SRC,
        a,
        dnnl.DNNL_ARG_WEIGHTS,
        b,
        dnnl.DNNL_ARG_BIAS,
        bias,
        dnnl.DNNL_ARG_DST,
        c);
  }

  /** [rows, cols], stored [cols, rows] if transposed, once per product or once for all. */
  private static memory.desc matrix(
      Plan.Builder plan, Product p, int rows, int cols, boolean transposed, int stride) {
    long rowStride = transposed ? 1 : cols;
    long colStride = transposed ? rows : 1;
    if (p.batch() == 1) {
      return plan.strided(new long[] {rows, cols}, new long[] {rowStride, colStride});
    }
    long count = stride == 0 ? 1 : p.batch();
    long distance = stride == 0 ? (long) rows * cols : stride;
    return plan.strided(
        new long[] {count, rows, cols}, new long[] {distance, rowStride, colStride});
  }
}
