package dev.mmib.cuda;

import static jcuda.jcublas.JCublas2.cublasCreate;
import static jcuda.jcublas.JCublas2.cublasDestroy;
import static jcuda.jcublas.JCublas2.cublasGemmEx;
import static jcuda.jcublas.JCublas2.cublasGemmStridedBatchedEx;
import static jcuda.jcublas.JCublas2.cublasSetMathMode;
import static jcuda.jcublas.JCublas2.cublasSetStream;
import static jcuda.jcublas.JCublas2.cublasSetWorkspace;

import dev.mmib.backend.DType;
import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;

/** cuBLAS on one stream: matrix products, row-major. */
final class Cublas implements AutoCloseable {

  /** What cuBLAS recommends for compute capability 9.0; below, 4 MiB would do. */
  private static final int WORKSPACE_BYTES = 32 << 20;

  /** {@code CUBLAS_GEMM_DEFAULT}. */
  private static final int DEFAULT_ALGORITHM = -1;

  /**
   * JCuda's natives hand this to cuBLAS as a data type, which the old signature takes for {@code
   * CUBLAS_COMPUTE_32F}; that constant itself (68) would be refused.
   */
  private static final int COMPUTE_FLOAT = cudaDataType.CUDA_R_32F;

  private final CudaStream stream;
  private final cublasHandle handle = new cublasHandle();
  private final Scalars scalars;
  private final int operandType;
  private final Opened opened;

  /**
   * A handle for products of one precision.
   *
   * @param precision TF32 rounds floats inside; with BF16, operands are numbers in bfloat16
   */
  Cublas(CudaStream stream, Precision precision) {
    this.stream = stream;
    operandType = precision == Precision.BF16 ? cudaDataType.CUDA_R_16BF : cudaDataType.CUDA_R_32F;
    JCublas2.setExceptionsEnabled(false);
    stream.enter();
    try (var opening = new Opened()) {
      scalars = opening.add(new Scalars(), Scalars::close);
      var workspace =
          opening.add(stream.internal(DType.I32, WORKSPACE_BYTES / 4), CudaBuffer::close);
      check(cublasCreate(handle), "cublasCreate");
      opening.add(handle, h -> check(cublasDestroy(h), "cublasDestroy"));
      check(cublasSetStream(handle, stream.runtimeHandle()), "cublasSetStream");
      // One workspace given once: cuBLAS allocates nothing, also while a graph is captured.
      check(cublasSetWorkspace(handle, workspace.pointer(), WORKSPACE_BYTES), "cublasSetWorkspace");
      int math =
          precision == Precision.TF32
              ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH
              : cublasMath.CUBLAS_DEFAULT_MATH;
      check(cublasSetMathMode(handle, math), "cublasSetMathMode");
      opened = opening.keep();
    }
  }

  /**
   * {@code c = op(a) · op(b)}, or added to what is in {@code c}.
   *
   * @param a floats, or numbers in bfloat16
   * @param b the same type
   * @param c floats
   */
  void multiply(Product p, CudaBuffer a, CudaBuffer b, CudaBuffer c, boolean add) {
    c.written();
    if (stream.replaysInstead(fingerprint(p, a, b, c, add))) {
      return;
    }
    stream.enter();
    // cuBLAS is column-major: what it takes for cᵀ = op(b)ᵀ op(a)ᵀ is our c, row by row.
    int opB = p.transposeB() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    int opA = p.transposeA() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    int ldB = p.transposeB() ? p.k() : p.n();
    int ldA = p.transposeA() ? p.m() : p.k();
    Pointer beta = add ? scalars.one() : scalars.zero();
    int status =
        p.batch() == 1
            ? cublasGemmEx(
                handle,
                opB,
                opA,
                p.n(),
                p.m(),
                p.k(),
                scalars.one(),
                b.pointer(),
                operandType,
                ldB,
                a.pointer(),
                operandType,
                ldA,
                beta,
                c.pointer(),
                cudaDataType.CUDA_R_32F,
                p.n(),
                COMPUTE_FLOAT,
                DEFAULT_ALGORITHM)
            : cublasGemmStridedBatchedEx(
                handle,
                opB,
                opA,
                p.n(),
                p.m(),
                p.k(),
                scalars.one(),
                b.pointer(),
                operandType,
                ldB,
                p.bStride(),
                a.pointer(),
                operandType,
                ldA,
                p.aStride(),
                beta,
                c.pointer(),
                cudaDataType.CUDA_R_32F,
                p.n(),
                (long) p.m() * p.n(),
                p.batch(),
                COMPUTE_FLOAT,
                DEFAULT_ALGORITHM);
    check(status, "cublasGemmEx of " + p);
  }

  private static long fingerprint(
      Product p, CudaBuffer a, CudaBuffer b, CudaBuffer c, boolean add) {
    long shape = Fingerprint.of(p.batch(), p.m(), p.n(), p.k(), p.aStride(), p.bStride());
    int flags = (p.transposeA() ? 1 : 0) + (p.transposeB() ? 2 : 0) + (add ? 4 : 0);
    return Fingerprint.of(shape, a.address(), b.address(), c.address(), flags);
  }

  private static void check(int status, String call) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw MmibException.of(
          ErrorCode.DEVICE,
          "cuda: " + call + " gave " + cublasStatus.stringFor(status),
          "Run `mmib doctor`; cuBLAS 12 or 13 is needed, and memory for its workspace.");
    }
  }

  @Override
  public void close() {
    opened.close();
  }
}
