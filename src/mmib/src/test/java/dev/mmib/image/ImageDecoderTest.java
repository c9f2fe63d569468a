package dev.mmib.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class ImageDecoderTest {

  private static final String[] SMALL = {
    "420.jpg",
    "cmyk_small.jpg",
    "progressive_grey.jpg",
    "adobe_rgb.jpg",
    "png_2_8_adam7.png",
    "png_3_4.png",
    "png_0_16.png",
    "palette.gif",
    "interlaced.gif",
    "rle8.bmp",
    "565.bmp",
    "4.bmp",
    "lossless.webp",
    "lossy_alpha.webp",
    "animated.webp"
  };

  private static final int MUTATIONS = 700;

  @TempDir Path folder;

  private static byte[] resource(String name) throws IOException {
    return PillowTest.resource(name);
  }

  /** I17: whatever happens to a file, it decodes or is refused; nothing else is ever thrown. */
  @TestFactory
  Stream<DynamicTest> everyTruncationEndsInAPictureOrTheOneException() {
    return Stream.of(SMALL)
        .map(
            name ->
                dynamicTest(
                    name,
                    () -> {
                      byte[] file = resource(name);
                      int refused = 0;
                      for (int length = 0; length < file.length; length++) {
                        refused += refuses(ImageFiles.cut(file, length)) ? 1 : 0;
                      }
                      assertTrue(refused > 20, "only " + refused + " refused");
                    }));
  }

  @TestFactory
  Stream<DynamicTest> everyMutationEndsInAPictureOrTheOneException() {
    return Stream.of(SMALL)
        .map(
            name ->
                dynamicTest(
                    name,
                    () -> {
                      byte[] file = resource(name);
                      var random = new Random(name.hashCode());
                      int refused = 0;
                      for (int i = 0; i < MUTATIONS; i++) {
                        byte[] mutant = file.clone();
                        for (int k = random.nextInt(3); k >= 0; k--) {
                          // headers are short and matter most: half of the changes hit them
                          int range =
                              random.nextBoolean() ? Math.min(64, file.length) : file.length;
                          mutant[random.nextInt(range)] = (byte) random.nextInt(256);
                        }
                        refused += refuses(mutant) ? 1 : 0;
                      }
                      assertTrue(refused > 20, "only " + refused + " refused");
                    }));
  }

  /** A small pixel limit, so that a mutated header cannot make a test long. */
  private static boolean refuses(byte[] file) {
    try {
      RgbImage image =
          ImageDecoder.decode(file, "mutant", new ImageDecoder.Options(1_000_000, false));
      assertEquals(3 * image.width() * image.height(), image.rgb().length);
      return false;
    } catch (MmibException e) {
      assertEquals("mutant", e.file());
      return true;
    }
  }

  @Test
  void fillsWhatIsMissingWhenAskedTo() throws IOException {
    var lenient = new ImageDecoder.Options(1_000_000, true);
    for (String name : new String[] {"420.jpg", "png_2_8.png"}) {
      byte[] file = resource(name);
      byte[] cut = ImageFiles.cut(file, file.length * 3 / 4);
      RgbImage whole = ImageDecoder.decode(file, name);
      RgbImage part = ImageDecoder.decode(cut, name, lenient);
      assertEquals(whole.height(), part.height());
      assertEquals(whole.at(1, 1, 0), part.at(1, 1, 0), 2, name);
      assertThrows(MmibException.class, () -> ImageDecoder.decode(cut, name));
    }
  }

  @Test
  void skipsWhatARunLengthPictureSkips() throws IOException {
    byte[] file = resource("rle8.bmp");
    byte[] data = ImageFiles.bytes(4, 9, 0, 2, 2, 1, 3, 8, 0, 0, 2, 2, 0, 1);
    byte[] bmp = ImageFiles.join(ImageFiles.cut(file, 14 + 40 + 1024), data);
    RgbImage image = ImageDecoder.decode(bmp, "delta.bmp");
    // bottom row: 4 × colour 9; then 2 right, 1 up: 3 × colour 8 from column 6; then row 2
    int[][] expected = {
      {0, 5, 9}, {3, 5, 9}, {4, 5, 0}, {5, 4, 0}, {6, 4, 8}, {8, 4, 8}, {0, 3, 2}
    };
    for (int[] e : expected) {
      int entry = 14 + 40 + 4 * e[2];
      assertEquals(bmp[entry + 2] & 0xFF, image.at(e[0], e[1], 0), e[0] + ", " + e[1]);
    }
  }

  /** I17: a row's runs may add up to more than an int holds. */
  @Test
  void seesNothingOfRunsBeyondTheRow() throws IOException {
    byte[] file = resource("rle8.bmp");
    byte[] head = ImageFiles.cut(file, 14 + 40 + 1024);
    byte[] runs = new byte[17 << 20];
    for (int i = 0; i < runs.length; i += 2) {
      runs[i] = (byte) 255;
      runs[i + 1] = 9;
    }
    byte[] end = ImageFiles.bytes(0, 0, 3, 8, 0, 1);
    RgbImage image = ImageDecoder.decode(ImageFiles.join(head, runs, end), "runs.bmp");
    int bottom = image.height() - 1;
    assertEquals(file[14 + 40 + 4 * 9 + 2] & 0xFF, image.at(image.width() - 1, bottom, 0));
    assertEquals(file[14 + 40 + 4 * 8 + 2] & 0xFF, image.at(2, bottom - 1, 0));
    assertEquals(file[14 + 40 + 2] & 0xFF, image.at(3, bottom - 1, 0));
  }

  /** I14. */
  @Test
  void readsRegularFilesOnly() throws IOException, InterruptedException {
    Path file = Files.write(folder.resolve("a.png"), ImageFiles.smallPng());
    assertEquals(3, ImageDecoder.decode(file).width());
    Path link = Files.createSymbolicLink(folder.resolve("link.png"), file.getFileName());
    assertEquals(3, ImageDecoder.decode(link).width());
    assertEquals(ErrorCode.IMAGE, refusal(folder).code());
    assertEquals(ErrorCode.IMAGE_MISSING, refusal(folder.resolve("none.png")).code());
    Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("nowhere"));
    assertEquals(ErrorCode.IMAGE_MISSING, refusal(dangling).code());
    Path pipe = folder.resolve("pipe");
    assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
    assertEquals(ErrorCode.IMAGE, refusal(pipe).code());
  }

  @Test
  void saysWhenAFileMustNotBeRead() throws IOException {
    Path file = Files.write(folder.resolve("a.png"), ImageFiles.smallPng());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assumeTrue(!Files.isReadable(file), "the superuser may read everything");
    assertEquals(ErrorCode.IO, refusal(file).code());
  }

  private static MmibException refusal(Path file) {
    var e = assertThrows(MmibException.class, () -> ImageDecoder.decode(file));
    assertEquals(file.toString(), e.file());
    return e;
  }

  /** I15. */
  @Test
  void decodesInAnyThreadWithAnyClassLoader() throws IOException {
    byte[][] files = {resource("cmyk_small.jpg"), resource("lossless.webp")};
    for (byte[] file : files) {
      byte[] expected = ImageDecoder.decode(file, "a").rgb();
      try (var nowhere = new URLClassLoader(new URL[0], null)) {
        var pool = new ForkJoinPool(4);
        pool.submit(
                () ->
                    IntStream.range(0, 200)
                        .parallel()
                        .forEach(
                            i -> {
                              Thread.currentThread().setContextClassLoader(nowhere);
                              assertArrayEquals(expected, ImageDecoder.decode(file, "a").rgb());
                            }))
            .join();
        pool.shutdown();
      }
    }
  }

  private static Set<Path> imageIoFiles(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("imageio"))
          .collect(Collectors.toSet());
    }
  }

  /** I16. */
  @Test
  void leavesNoFilesOpenAndNoneBehind() throws IOException {
    File[] open = new File("/proc/self/fd").listFiles();
    assumeTrue(open != null, "open files are countable on Linux only");
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    for (String name : SMALL) {
      Files.write(folder.resolve(name), resource(name));
      Files.write(folder.resolve("cut-" + name), ImageFiles.cut(resource(name), 60));
    }
    decodeAll();
    long before = descriptors();
    var others = imageIoFiles(temporary); // what killed processes left
    for (int i = 0; i < 50; i++) {
      decodeAll();
    }
    assertEquals(others, imageIoFiles(temporary));
    assertTrue(descriptors() <= before + 2, before + " before, " + descriptors() + " after");
  }

  private void decodeAll() {
    for (String name : SMALL) {
      ImageDecoder.decode(folder.resolve(name));
      assertThrows(MmibException.class, () -> ImageDecoder.decode(folder.resolve("cut-" + name)));
    }
  }

  private static long descriptors() {
    File[] open = new File("/proc/self/fd").listFiles();
    return open == null ? 0 : open.length;
  }
}
