package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.DType;
import dev.mmib.cuda.natives.CudaNatives;
import dev.mmib.error.MmibException;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
    assertEquals(Set.of("first", "second", "third"), found.keySet());
    assertArrayEquals(new int[] {8, 8, 4}, sizes(found, "first"));
    assertArrayEquals(new int[] {8}, sizes(found, "second"));
    assertArrayEquals(new int[0], sizes(found, "third"));
  }

  private static int[] sizes(Map<String, Signature> found, String kernel) {
    return Objects.requireNonNull(found.get(kernel)).sizes();
  }

  @Test
  void refusesArgumentsThatTheKernelDoesNotTake() {
    Gpu.assumePresent();
    CudaNatives.load();
    try (var stream = new CudaStream(0);
        var buffer = stream.scratch(DType.F32, 4)) {
      var kernel = stream.kernel("matmul", "from_bfloat16");
      var e = assertThrows(IllegalStateException.class, () -> kernel.value(1));
      assertTrue(e.toString().contains("from_bfloat16"), e.toString());
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
      assertTrue(e.toString().contains("were not launched"), e.toString());
    }
  }

  @Test
  void namesAKernelThatIsNotThere() {
    Gpu.assumePresent();
    CudaNatives.load();
    try (var stream = new CudaStream(0)) {
      var unknown = stream.kernel("matmul", "nothing");
      assertThrows(IllegalArgumentException.class, unknown::compiled);
      var lost = stream.kernel("nothing", "nothing");
      assertThrows(IllegalArgumentException.class, lost::compiled);
    }
  }

  @Test
  void saysWhatAStatusMeans() {
    Gpu.assumePresent();
    CudaNatives.load();
    var e = assertThrows(MmibException.class, () -> Driver.check(1, "cuTried"));
    assertTrue(e.toString().contains("cuTried"), e.toString());
    assertTrue(e.toString().contains("INVALID_VALUE"), e.toString());
  }
}
