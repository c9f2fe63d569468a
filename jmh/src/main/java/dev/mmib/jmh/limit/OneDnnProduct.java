package dev.mmib.jmh.limit;

import dev.mmib.jmh.Contender;
import dev.mmib.jmh.ProductInput;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Nothing but oneDNN's matmul primitive, on memory that stays where it is; with one matrix for the
 * whole batch, that one lies in the order that the primitive likes best.
 */
public final class OneDnnProduct implements Contender {

  // JavaCPP frees natives whose Java objects are unreachable.
  private final List<Pointer> kept = new ArrayList<>();
  private final engine engine = keep(new engine(org.bytedeco.dnnl.engine.kind.cpu, 0));
  private final stream stream = keep(new stream(engine));
  private final IntMemoryMap arguments = keep(new IntMemoryMap());
  private final matmul primitive;
  private final FloatPointer output;

  public OneDnnProduct(int threads, ProductInput input) {
    OpenMpThreads.use(threads);
    long batch = input.batch();
    boolean packed = batch == 1;
    var aDesc = dense(batch, input.rows(), input.inner());
    var bDims = new long[] {batch, input.inner(), input.columns()};
    var bDesc =
        packed
            ? keep(new memory.desc(bDims, memory.data_type.f32, memory.format_tag.any))
            : stored(input);
    var cDesc = dense(batch, input.rows(), input.columns());
    var desc = keep(new matmul.primitive_desc(engine, aDesc, bDesc, cDesc));
    primitive = keep(new matmul(desc));
    output = keep(new FloatPointer(batch * input.rows() * input.columns()));
    arguments.put(dnnl.DNNL_ARG_SRC, on(aDesc, input.left()));
    arguments.put(dnnl.DNNL_ARG_WEIGHTS, weights(desc, input));
    arguments.put(dnnl.DNNL_ARG_DST, keep(new memory(cDesc, engine, output)));
  }

  private memory weights(matmul.primitive_desc desc, ProductInput input) {
    var plain = on(stored(input), input.right());
    var wanted = keep(desc.weights_desc());
    if (keep(plain.get_desc()).equals(wanted)) {
      return plain;
    }
    var packed = keep(new memory(wanted, engine));
    var turned = keep(new reorder(plain, packed));
    turned.execute(stream, plain, packed);
    stream._wait();
    return packed;
  }

  private <T extends Pointer> T keep(T object) {
    kept.add(object);
    return object;
  }

  private memory.desc dense(long batch, long rows, long columns) {
    return strided(new long[] {batch, rows, columns}, rows * columns, columns, 1);
  }

  /** The right matrices, [inner, columns], as they are stored. */
  private memory.desc stored(ProductInput input) {
    long inner = input.inner();
    long columns = input.columns();
    var dims = new long[] {input.batch(), inner, columns};
    return input.transposed()
        ? strided(dims, inner * columns, 1, inner)
        : strided(dims, inner * columns, columns, 1);
  }

  private memory.desc strided(long[] dims, long... strides) {
    return keep(new memory.desc(dims, memory.data_type.f32, strides));
  }

  private memory on(memory.desc desc, float[] values) {
    return keep(new memory(desc, engine, keep(new FloatPointer(values))));
  }

  @Override
  public void run() {
    primitive.execute(stream, arguments);
    stream._wait();
  }

  @Override
  public float[] result() {
    run();
    var values = new float[Math.toIntExact(output.limit())];
    output.get(values);
    return values;
  }

  @Override
  public String description() {
    var version = dnnl.dnnl_version();
    return "oneDNN " + version.major() + "." + version.minor() + "." + version.patch();
  }

  @Override
  public void close() {
    for (int i = kept.size() - 1; i >= 0; i--) {
      kept.get(i).close();
    }
  }
}
