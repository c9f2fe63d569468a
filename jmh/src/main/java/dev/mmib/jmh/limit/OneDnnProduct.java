package dev.mmib.jmh.limit;

import dev.mmib.jmh.ProductInput;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Nothing but oneDNN's matmul primitive, on memory that stays where it is; with one matrix for the
 * whole batch, that one lies in the order that the primitive likes best.
 */
public final class OneDnnProduct extends BareOneDnn {

  private final FloatPointer output;

  public OneDnnProduct(int threads, ProductInput input) {
    super(threads);
    long batch = input.batch();
    long rows = input.rows();
    long columns = input.columns();
    var left = plain(new long[] {batch, rows, input.inner()}, input.left());
    var stored = stored(input);
    var likedBest = batch == 1 ? any(batch, input.inner(), columns) : stored;
    var result = dense(batch, rows, columns);
    var desc = keep(new matmul.primitive_desc(engine(), keep(left.get_desc()), likedBest, result));
    output = keep(new FloatPointer(batch * rows * columns));
    steps()
        .add(
            step(
                new matmul(desc),
                dnnl.DNNL_ARG_SRC,
                left,
                dnnl.DNNL_ARG_WEIGHTS,
                ordered(on(stored, keep(new FloatPointer(input.right()))), desc.weights_desc()),
                dnnl.DNNL_ARG_DST,
                on(result, output)));
  }

  /** The right matrices, [inner, columns], as they are stored. */
  private memory.desc stored(ProductInput input) {
    long inner = input.inner();
    long columns = input.columns();
    var dims = new long[] {input.batch(), inner, columns};
    return input.transposed() ? strided(dims, inner * columns, 1, inner) : dense(dims);
  }

  @Override
  public float[] result() {
    run();
    var values = new float[Math.toIntExact(output.limit())];
    output.get(values);
    return values;
  }
}
