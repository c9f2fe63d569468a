package dev.mmib.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Device;
import dev.mmib.backend.Precision;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CudaProviderTest {

  private static Device.Status status() {
    return Device.all().stream()
        .filter(status -> status.provider().name().equals("cuda"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void isFoundByNameAndComesFirst() {
    assertEquals("cuda", Device.all().get(0).provider().name());
    assertEquals(
        Set.of(Precision.FP32, Precision.TF32, Precision.BF16), status().provider().precisions());
  }

  @Test
  void tellsVersionsOrTheReasonWithTheCure() {
    var provider = status().provider();
    var reason = status().unavailableBecause();
    if (reason.isPresent()) {
      assertFalse(reason.get().isBlank());
      assertEquals(Map.of(), provider.versions());
      assertEquals(0, provider.count());
    } else {
      var versions = provider.versions();
      assertTrue(
          versions.keySet().containsAll(Set.of("driver", "GPU 0", "cuBLAS", "cuDNN")),
          versions.toString());
      assertTrue(provider.count() > 0);
    }
  }

  @Test
  void refusesAnOrdinalThatIsNotThere() {
    var options = new Device.Options(4096, 1, Precision.FP32, false);
    var thrown = assertThrows(MmibException.class, () -> new CudaProvider().open(options));
    assertEquals(ErrorCode.DEVICE, thrown.code());
    assertTrue(thrown.getMessage().contains("mmib doctor"), thrown.getMessage());
  }
}
