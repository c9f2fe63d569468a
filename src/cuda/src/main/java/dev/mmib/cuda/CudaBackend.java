package dev.mmib.cuda;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.ByteSource;
import dev.mmib.backend.DType;
import dev.mmib.backend.Device;
import dev.mmib.backend.MemoryUse;
import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.ConvolutionKernels;
import dev.mmib.backend.kernel.CrfKernels;
import dev.mmib.backend.kernel.ElementwiseKernels;
import dev.mmib.backend.kernel.LayoutKernels;
import dev.mmib.backend.kernel.LookupKernels;
import dev.mmib.backend.kernel.LossKernels;
import dev.mmib.backend.kernel.MatMulKernels;
import dev.mmib.backend.kernel.NormKernels;
import dev.mmib.backend.kernel.OptimizerKernels;
import dev.mmib.backend.kernel.PoolingKernels;
import dev.mmib.backend.kernel.RandomKernels;
import dev.mmib.backend.kernel.ReductionKernels;
import dev.mmib.cuda.natives.CudaNatives;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One GPU: products by cuBLAS, convolutions by cuDNN, everything else by kernels of our own. */
public final class CudaBackend implements Backend {

  private final int ordinal;
  private final Precision precision;
  private final boolean graphs;
  private final CudaStream stream;
  private final CudaElementwiseKernels elementwise;
  private final CudaReductionKernels reduction;
  private final CudaLayoutKernels layout;
  private final CudaLookupKernels lookup;
  private final CudaMatMulKernels matmul;
  private final CudaAttentionKernels attention;
  private final CudaNormKernels norm;
  private final CudaConvolutionKernels convolution;
  private final CudaPoolingKernels pooling;
  private final CudaRandomKernels random;
  private final CudaLossKernels loss;
  private final CudaCrfKernels crf;
  private final CudaOptimizerKernels optimizer;
  private final Opened opened;

  /** Opens a GPU; refused with the reason where that is not possible. */
  public CudaBackend(Device.Options options) {
    CudaNatives.load(options.ordinal());
    ordinal = options.ordinal();
    precision = options.precision();
    graphs = options.graphs();
    try (var opening = new Opened()) {
      stream = opening.add(new CudaStream(ordinal), CudaStream::close);
      var cudnn = opening.add(new Cudnn(stream), Cudnn::close);
      var bfloat16 = new Bfloat16(stream);
      var products = new CudaMatMulKernels(stream, precision, bfloat16);
      matmul = opening.add(products, CudaMatMulKernels::close);
      norm = opening.add(new CudaNormKernels(stream, cudnn), CudaNormKernels::close);
      var convolutions = new CudaConvolutionKernels(cudnn, precision, bfloat16);
      convolution = opening.add(convolutions, CudaConvolutionKernels::close);
      pooling = opening.add(new CudaPoolingKernels(stream, cudnn), CudaPoolingKernels::close);
      elementwise = new CudaElementwiseKernels(stream);
      reduction = new CudaReductionKernels(stream);
      layout = new CudaLayoutKernels(stream);
      lookup = new CudaLookupKernels(stream);
      attention = new CudaAttentionKernels(stream, precision == Precision.BF16);
      random = new CudaRandomKernels(stream);
      loss = new CudaLossKernels(stream);
      crf = new CudaCrfKernels(stream);
      optimizer = new CudaOptimizerKernels(stream);
      opening.add(stream, CudaStream::synchronize); // what is under way ends first
      opened = opening.keep();
    }
  }

  @Override
  public String name() {
    return "cuda:" + ordinal;
  }

  @Override
  public String description() {
    var context = stream.context();
    return context.name()
        + ", compute capability "
        + context.capability() / 10
        + "."
        + context.capability() % 10
        + ", "
        + precision.name().toLowerCase(Locale.ROOT)
        + (graphs ? ", graphs" : "");
  }

  @Override
  public Buffer allocate(DType type, int length) {
    return stream.memory().allocate(type, length);
  }

  @Override
  public void upload(float[] from, int offset, Buffer to, int at, int length) {
    stream.upload(from, offset, CudaBuffer.of(to, DType.F32), at, length);
  }

  @Override
  public void upload(int[] from, int offset, Buffer to, int at, int length) {
    stream.upload(from, offset, CudaBuffer.of(to, DType.I32), at, length);
  }

  @Override
  public void upload(ByteSource from, Buffer to, int at, int length) {
    stream.transfers().upload(from, CudaBuffer.of(to), at, length);
  }

  @Override
  public void download(Buffer from, int at, float[] to, int offset, int length) {
    stream.download(CudaBuffer.of(from, DType.F32), at, to, offset, length);
  }

  @Override
  public void download(Buffer from, int at, int[] to, int offset, int length) {
    stream.download(CudaBuffer.of(from, DType.I32), at, to, offset, length);
  }

  @Override
  public MemoryUse memory() {
    return stream.memory().use();
  }

  @Override
  public long availableBytes() {
    return stream.memory().availableBytes();
  }

  @Override
  public long footprint(int length) {
    return stream.memory().blockSize(4L * length);
  }

  @Override
  public <T extends @Nullable Object> T repeat(Object key, long randomPosition, Supplier<T> work) {
    return graphs ? stream.repeat(key, randomPosition, work) : work.get();
  }

  /** How often recorded work was replayed by graphs alone. */
  public long replays() {
    return stream.replays();
  }

  @Override
  public ElementwiseKernels elementwise() {
    return elementwise;
  }

  @Override
  public ReductionKernels reduction() {
    return reduction;
  }

  @Override
  public LayoutKernels layout() {
    return layout;
  }

  @Override
  public LookupKernels lookup() {
    return lookup;
  }

  @Override
  public MatMulKernels matmul() {
    return matmul;
  }

  @Override
  public AttentionKernels attention() {
    return attention;
  }

  @Override
  public NormKernels norm() {
    return norm;
  }

  @Override
  public ConvolutionKernels convolution() {
    return convolution;
  }

  @Override
  public PoolingKernels pooling() {
    return pooling;
  }

  @Override
  public RandomKernels random() {
    return random;
  }

  @Override
  public LossKernels loss() {
    return loss;
  }

  @Override
  public CrfKernels crf() {
    return crf;
  }

  @Override
  public OptimizerKernels optimizer() {
    return optimizer;
  }

  @Override
  public void close() {
    opened.close();
  }
}
