package dev.mmib.jmh.limit;

import dev.mmib.jmh.Contender;
import dev.mmib.jmh.ProductInput;
import java.io.IOException;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.openblas.global.openblas_nolapack;

/** Nothing but OpenBLAS's sgemm, one call per matrix. */
public final class OpenBlasProduct implements Contender {

  private final ProductInput input;
  private final FloatPointer left;
  private final FloatPointer right;
  private final FloatPointer output;
  private final String version;

  public OpenBlasProduct(int threads, ProductInput input) throws IOException {
    this.input = input;
    version = Loader.getVersion("org.bytedeco", "openblas");
    openblas_nolapack.blas_set_num_threads(threads);
    left = new FloatPointer(input.left());
    right = new FloatPointer(input.right());
    output = new FloatPointer((long) input.batch() * input.rows() * input.columns());
  }

  @Override
  public void run() {
    int rows = input.rows();
    int inner = input.inner();
    int columns = input.columns();
    for (int i = 0; i < input.batch(); i++) {
      openblas.cblas_sgemm(
          openblas.CblasRowMajor,
          openblas.CblasNoTrans,
          input.transposed() ? openblas.CblasTrans : openblas.CblasNoTrans,
          rows,
          columns,
          inner,
          1,
          left.getPointer((long) i * rows * inner),
          inner,
          right.getPointer((long) i * inner * columns),
          input.transposed() ? inner : columns,
          0,
          output.getPointer((long) i * rows * columns),
          columns);
    }
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
    return "OpenBLAS " + version;
  }

  @Override
  public void close() {
    left.close();
    right.close();
    output.close();
  }
}
