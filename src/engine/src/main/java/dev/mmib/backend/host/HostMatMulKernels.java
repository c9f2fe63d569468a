package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.MatMulKernels;
import org.jspecify.annotations.Nullable;

public final class HostMatMulKernels implements MatMulKernels {
  private final Workers workers;

  public HostMatMulKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void matmul(Product product, Buffer a, Buffer b, @Nullable Buffer bias, Buffer c) {
    throw new UnsupportedOperationException("MatMul");
  }
}
