package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.NormKernels;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;

/** Attention whose products are oneDNN's, with the scale fused into them. */
final class OneDnnAttentionKernels extends BatchedAttentionKernels {

  private final OneDnn oneDnn;

  OneDnnAttentionKernels(OneDnn oneDnn, NormKernels norm, Workers workers) {
    super(oneDnn.memory(), norm, workers);
    this.oneDnn = oneDnn;
  }

  private record Key(double scale, HeadMatrices a, HeadMatrices b, HeadMatrices c) {}

  @Override
  protected void multiply(
      double scale,
      HeadMatrices a,
      Buffer inA,
      HeadMatrices b,
      Buffer inB,
      HeadMatrices c,
      Buffer inC) {
    Key key = new Key(scale, a, b, c);
    double work = (double) a.batch() * a.heads() * a.rows() * a.cols() * c.cols();
    oneDnn.plan(key, work, builder -> compose(builder, key)).run(inA, inB, inC);
  }

  private static void compose(Plan.Builder plan, Key key) {
    memory.desc a = plan.strided(key.a().dims(), key.a().strides());
    memory.desc b = plan.strided(key.b().dims(), key.b().strides());
    memory.desc c = plan.strided(key.c().dims(), key.c().strides());
    primitive_attr attributes = plan.attributes();
    if (key.scale() != 1) {
      post_ops after = plan.keep(new post_ops());
      after.append_eltwise(dnnl.algorithm.eltwise_linear, (float) key.scale(), 0);
      attributes.set_post_ops(after);
    }
    var desc = new matmul.primitive_desc(plan.engine(), a, b, c, attributes, false);
    plan.step(
        desc,
        new matmul(desc),
        dnnl.DNNL_ARG_SRC,
        plan.slot(a),
        dnnl.DNNL_ARG_WEIGHTS,
        plan.slot(b),
        dnnl.DNNL_ARG_DST,
        plan.slot(c));
  }
}
