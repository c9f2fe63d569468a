package dev.mmib.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.ConvolutionKernels.Conv2d;
import dev.mmib.backend.kernel.ConvolutionKernels.Norm;
import dev.mmib.backend.sizing.SizingBackend;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The estimate of a device's memory counts what convolutions take beside their tensors. */
class ConvolutionRoomTest {

  private static final double EPS = 1e-3;

  @BeforeEach
  void hasBlocks() {
    assumeTrue(Arranger.block() > 0, "a CPU without blocks of channels");
  }

  private static Conv2d conv(int batch, int in, int side, int out, int kernel) {
    return new Conv2d(
        batch, in, side, side, out, kernel, kernel, 1, 1, kernel / 2, kernel / 2, 1, 1, 1);
  }

  /** Bytes of a device that its buffers took at most, and that stay with the weights. */
  private record Taken(long peak, long kept) {}

  /** Twice: what is kept is made once. */
  private static Taken taken(Backend device, Conv2d c, boolean residual) {
    int pixels = c.batch() * c.height() * c.width();
    try (Buffer w =
            zeros(device, c.outChannels() * c.inChannels() * c.kernelHeight() * c.kernelWidth());
        Buffer channels = zeros(device, c.outChannels());
        Buffer x = zeros(device, pixels * c.inChannels());
        Buffer y = zeros(device, pixels * c.outChannels());
        Buffer added = zeros(device, pixels * c.outChannels())) {
      var norm = new Norm(channels, channels, channels, channels, EPS);
      long before = device.memory().liveBytes();
      for (int i = 0; i < 2; i++) {
        device.convolution().normalized(c, x, w, norm, residual ? added : null, true, y);
      }
      return new Taken(device.memory().peakBytes() - before, device.memory().liveBytes() - before);
    }
  }

  private static Buffer zeros(Backend device, int length) {
    var buffer = device.allocate(DType.F32, length);
    device.upload(new float[length], 0, buffer, 0, length);
    return buffer;
  }

  /** By tiles and directly: few pictures, many, weights that are larger than pictures. */
  @ParameterizedTest
  @CsvSource({
    "2, 64, 8, 64, 3, false, true",
    "2, 64, 8, 64, 3, true, false",
    "4, 64, 32, 96, 3, false, true",
    "3, 64, 16, 64, 3, true, false",
    "1, 128, 16, 128, 3, false, true",
    "1, 128, 4, 128, 1, false, false",
  })
  void isWhatIsTaken(
      int batch, int in, int side, int out, int kernel, boolean residual, boolean tiles) {
    var c = conv(batch, in, side, out, kernel);
    assertEquals(tiles, !residual && WinogradConvolutions.serves(c, Arranger.block()));
    try (var cpu = new CpuBackend(2);
        var sizes = new SizingBackend(cpu, false)) {
      var room = cpu.convolution().room(c, residual);
      var taken = taken(cpu, c, residual);
      assertEquals(4L * room.kept(), taken.kept());
      long counted = Math.max(room.folding(), room.computing());
      long inBlocks = (long) batch * side * side * Math.max(in, residual ? out : 0); // copied once
      assertEquals(4 * (room.kept() + Math.max(counted, inBlocks)), taken.peak());
      taken(sizes, c, residual);
      assertEquals(4 * (room.kept() + counted), sizes.peakFootprint() - sizes.memory().peakBytes());
    }
  }

  /** In training, forward and back, weights are transformed for every call. */
  @ParameterizedTest
  @CsvSource({"4, 64, 32, 96", "1, 128, 32, 128", "2, 64, 8, 64"})
  void isWhatIsTakenInTraining(int batch, int in, int side, int out) {
    var c = conv(batch, in, side, out, 3);
    int pixels = batch * side * side;
    try (var cpu = new CpuBackend(2);
        var sizes = new SizingBackend(cpu, false)) {
      long room = cpu.convolution().passingLength(c);
      assertEquals(WinogradConvolutions.servesOnce(c, Arranger.block()), room > 0);
      for (boolean back : new boolean[] {false, true}) {
        long inBlocks = (long) pixels * (back ? out : in);
        if (room > 0) {
          assertEquals(4 * Math.max(room, inBlocks), takenInTraining(new CpuBackend(2), c, back));
        }
      }
      try (Buffer w = zeros(sizes, out * in * 9);
          Buffer x = zeros(sizes, pixels * in);
          Buffer y = zeros(sizes, pixels * out)) {
        sizes.convolution().forward(c, x, w, null, y);
        sizes.convolution().backwardData(c, y, w, x);
        assertEquals(4 * room, sizes.peakFootprint() - sizes.memory().peakBytes());
      }
    }
  }

  private static long takenInTraining(CpuBackend device, Conv2d c, boolean back) {
    int pixels = c.batch() * c.height() * c.width();
    try (device;
        Buffer w = zeros(device, c.outChannels() * c.inChannels() * 9);
        Buffer x = zeros(device, pixels * c.inChannels());
        Buffer y = zeros(device, pixels * c.outChannels())) {
      long before = device.memory().liveBytes();
      if (back) {
        device.convolution().backwardData(c, y, w, x);
      } else {
        device.convolution().forward(c, x, w, null, y);
      }
      return device.memory().peakBytes() - before;
    }
  }
}
