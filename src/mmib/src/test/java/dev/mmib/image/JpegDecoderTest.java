package dev.mmib.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import org.junit.jupiter.api.Test;

class JpegDecoderTest {

  private static Raster interleaved(byte[] data, int... offsets) {
    return Raster.createInterleavedRaster(
        new DataBufferByte(data, data.length),
        2,
        1,
        2 * offsets.length,
        offsets.length,
        offsets,
        null);
  }

  @Test
  void takesTheArrayOfARasterWhoseSamplesLiePixelByPixel() {
    byte[] data = {1, 2, 3, 4, 5, 6};
    assertSame(data, JpegDecoder.bytes(interleaved(data, 0, 1, 2)));
  }

  @Test
  void copiesTheSamplesOfEveryOtherRaster() {
    assertArrayEquals(
        new byte[] {3, 2, 1, 6, 5, 4},
        JpegDecoder.bytes(interleaved(new byte[] {1, 2, 3, 4, 5, 6}, 2, 1, 0)));
    var planes = Raster.createBandedRaster(DataBuffer.TYPE_BYTE, 2, 1, 3, null);
    planes.setDataElements(0, 0, 2, 1, new byte[] {1, 2, 3, 4, 5, 6});
    assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6}, JpegDecoder.bytes(planes));
    var whole = interleaved(new byte[] {1, 2, 3, 4, 5, 6}, 0, 1, 2);
    assertArrayEquals(
        new byte[] {4, 5, 6}, JpegDecoder.bytes(whole.createChild(1, 0, 1, 1, 0, 0, null)));
  }
}
