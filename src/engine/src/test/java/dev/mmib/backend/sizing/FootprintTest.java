package dev.mmib.backend.sizing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.DType;
import dev.mmib.backend.java.JavaBackend;
import org.junit.jupiter.api.Test;

class FootprintTest {

  @Test
  void countsWhatRoundingTakes() {
    try (var device = new JavaBackend(1);
        var sizes = new SizingBackend(device)) {
      sizes.allocate(DType.F32, 100);
      assertEquals(400, sizes.peakFootprint());
      int large = 20_000_001; // more than half of any region
      sizes.allocate(DType.F32, large).close();
      long took = sizes.peakFootprint() - 400;
      assertEquals(device.footprint(large), took);
      assertTrue(took >= 4L * large && took < 4L * large + (64 << 20), "took " + took);
      assertEquals(4L * large + 400, sizes.memory().peakBytes());
    }
  }
}
