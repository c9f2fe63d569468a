package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.DType;
import dev.mmib.backend.Precision;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.backend.kernel.MatMulKernels.Product;
import dev.mmib.backend.kernel.NormKernels.Channels;
import dev.mmib.backend.kernel.PoolingKernels.Pool2d;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is left of a backend that was closed. */
@Tag("gpu")
class CudaClosingTest {

  /** Calls that would reach memory and handles that are gone. */
  @Test
  void refusesWorkOnceItIsClosed() {
    var device = Gpu.open(Precision.FP32, true);
    var buffer = device.allocate(DType.F32, 64);
    var ints = device.allocate(DType.I32, 8);
    device.close();
    device.close(); // a second time is nothing
    var product = Product.of(8, 8, 8, false, false);
    var conv = new Conv2d(1, 1, 8, 8, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1);
    var pool = new Pool2d(1, 8, 8, 1, 1, 1, 1, 0, 0);
    var channels = new Channels(1, 8, 8);
    var one = new float[1];
    var calls =
        List.<Runnable>of(
            () -> device.allocate(DType.F32, 8),
            device::availableBytes,
            () -> device.upload(one, 0, buffer, 0, 1),
            () -> device.upload((at, to) -> to.putInt(1), ints, 0, 1),
            () -> device.download(buffer, 0, one, 0, 1),
            () -> device.elementwise().fill(buffer, 1),
            () -> device.matmul().matmul(product, buffer, buffer, null, buffer),
            () -> device.convolution().forward(conv, buffer, buffer, null, buffer),
            () -> device.pooling().average(pool, true, buffer, buffer),
            () ->
                device
                    .norm()
                    .batchNorm(channels, buffer, buffer, buffer, buffer, buffer, 1, buffer),
            () -> device.optimizer().sumOfSquares(buffer),
            () -> device.repeat("work", 0, () -> 1));
    for (int i = 0; i < calls.size(); i++) {
      var e = assertThrows(IllegalStateException.class, calls.get(i)::run, "call " + i);
      assertTrue(e.toString().contains("closed"), e.toString());
    }
    buffer.close(); // late, and given back all the same
    ints.close();
    assertEquals(0, device.memory().liveBuffers());
  }
}
