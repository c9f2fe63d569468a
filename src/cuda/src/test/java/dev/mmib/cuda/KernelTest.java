package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.DType;
import dev.mmib.error.MmibException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Launches whose arguments do not fit are refused before the driver sees them. */
@Tag("gpu")
class KernelTest {

  @Test
  void readsTheParametersOfEveryKernelInAFile() {
    var ptx =
        """
        .visible .entry first(
        	.param .u64 first_param_0,
        	.param .u64 .ptr .global .align 1 first_param_1,
        	.param .f32 first_param_2
        )
        {
        }
        .visible .entry second(
        	.param .f64 second_param_0
        )
        .maxntid 256
        {
        }
        .visible .entry third()
        """;
    var found = Signature.of(ptx);
    assertArrayEquals(new int[] {8, 8, 4}, found.get("first").sizes());
    assertArrayEquals(new int[] {8}, found.get("second").sizes());
    assertArrayEquals(new int[0], found.get("third").sizes());
    assertEquals(3, found.size());
  }

  @Test
  void refusesArgumentsThatTheKernelDoesNotTake() {
    Gpu.assumePresent();
    dev.mmib.cuda.natives.CudaNatives.load();
    try (var stream = new CudaStream(0);
        var buffer = stream.scratch(DType.F32, 4)) {
      var kernel = stream.kernel("matmul", "from_bfloat16");
      var e = assertThrows(IllegalStateException.class, () -> kernel.value(1));
      assertTrue(e.getMessage().contains("from_bfloat16"), e.getMessage());
    }
    try (var stream = new CudaStream(0);
        var buffer = stream.scratch(DType.F32, 4)) {
      var kernel = stream.kernel("matmul", "from_bfloat16");
      assertThrows(IllegalStateException.class, () -> kernel.in(buffer).launch(1, 32));
    }
    try (var stream = new CudaStream(0);
        var buffer = stream.scratch(DType.F32, 4)) {
      var one = stream.kernel("matmul", "from_bfloat16");
      var other = stream.kernel("matmul", "to_bfloat16");
      one.in(buffer);
      var e = assertThrows(IllegalStateException.class, () -> other.in(buffer));
      assertTrue(e.getMessage().contains("were not launched"), e.getMessage());
    }
  }

  @Test
  void namesAKernelThatIsNotThere() {
    Gpu.assumePresent();
    dev.mmib.cuda.natives.CudaNatives.load();
    try (var stream = new CudaStream(0)) {
      assertThrows(IllegalArgumentException.class, () -> stream.kernel("matmul", "nothing"));
      assertThrows(IllegalArgumentException.class, () -> stream.kernel("nothing", "nothing"));
    }
  }

  @Test
  void saysWhatAStatusMeans() {
    Gpu.assumePresent();
    dev.mmib.cuda.natives.CudaNatives.load();
    var e = assertThrows(MmibException.class, () -> Driver.check(1, "cuTried"));
    assertTrue(e.toString().contains("cuTried"), e.toString());
    assertTrue(e.toString().contains("INVALID_VALUE"), e.toString());
  }
}
