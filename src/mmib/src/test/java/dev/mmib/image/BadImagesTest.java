package dev.mmib.image;

import static dev.mmib.image.ImageFiles.big;
import static dev.mmib.image.ImageFiles.bytes;
import static dev.mmib.image.ImageFiles.chunk;
import static dev.mmib.image.ImageFiles.cut;
import static dev.mmib.image.ImageFiles.deflate;
import static dev.mmib.image.ImageFiles.flatPng;
import static dev.mmib.image.ImageFiles.greyPng;
import static dev.mmib.image.ImageFiles.header;
import static dev.mmib.image.ImageFiles.indexOf;
import static dev.mmib.image.ImageFiles.join;
import static dev.mmib.image.ImageFiles.latin1;
import static dev.mmib.image.ImageFiles.little;
import static dev.mmib.image.ImageFiles.pngSignature;
import static dev.mmib.image.ImageFiles.segmentAt;
import static dev.mmib.image.ImageFiles.smallPng;
import static dev.mmib.image.ImageFiles.splice;
import static dev.mmib.image.ImageFiles.with;
import static dev.mmib.image.ImageFiles.withSegment;
import static dev.mmib.image.ImageFiles.without;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Bad, hostile and unusual pictures, each with its outcome; the names are those of the table. */
class BadImagesTest {

  private final List<DynamicTest> rows = new ArrayList<>();

  private void refuse(String id, byte[] file, ErrorCode code, String word) {
    rows.add(
        dynamicTest(
            id,
            () -> {
              var e = assertThrows(MmibException.class, () -> ImageDecoder.decode(file, "a.jpg"));
              String message = String.valueOf(e.getMessage());
              assertEquals(code, e.code(), message);
              assertEquals("a.jpg", e.file());
              assertTrue(message.contains(word), message);
              assertTrue(message.length() < 400, message);
            }));
  }

  private void accept(String id, byte[] file, int width, int height) {
    rows.add(
        dynamicTest(
            id,
            () -> {
              RgbImage image = ImageDecoder.decode(file, "a.jpg");
              assertEquals(width, image.width());
              assertEquals(height, image.height());
            }));
  }

  private static byte[] resource(String name) throws IOException {
    return PillowTest.resource(name);
  }

  @TestFactory
  Stream<DynamicTest> whatIsNoPicture() throws IOException {
    refuse("I01a empty", new byte[0], ErrorCode.IMAGE, "empty");
    refuse("I01b text", latin1("a picture, honestly"), ErrorCode.IMAGE, "known format");
    refuse("I01c HTML", latin1("<!DOCTYPE html><html>404"), ErrorCode.IMAGE_UNSUPPORTED, "HTML");
    byte[] random = new byte[1000];
    new Random(5).nextBytes(random);
    refuse("I01d random bytes", random, ErrorCode.IMAGE, "known format");
    refuse("I01e PNG signature alone", pngSignature(), ErrorCode.IMAGE, "too early");
    refuse("I01f JPEG signature alone", bytes(0xFF, 0xD8, 0xFF), ErrorCode.IMAGE, "too early");
    refuse("I01g GIF signature alone", latin1("GIF89a"), ErrorCode.IMAGE, "too early");
    refuse("I01h BMP signature alone", latin1("BM"), ErrorCode.IMAGE, "too early");
    refuse("I01i WebP signature alone", latin1("RIFF\0\0\0\0WEBP"), ErrorCode.IMAGE, "too early");
    accept("I01j PNG named .jpg", smallPng(), 3, 2);
    String[][] unsupported = {
      {"TIFF", "II*\0\10\0\0\0"}, {"TIFF", "MM\0*\0\0\0\10"}, {"SVG", "<?xml?><svg></svg>"},
      {"PDF", "%PDF-1.7"}, {"HEIC", "\0\0\0\30ftypheic"}, {"AVIF", "\0\0\0\30ftypavif"},
      {"JPEG 2000", "\0\0\0\fjP  \r\n"}, {"JPEG XL", "\u00ff\n\0\0"}, {"ICO", "\0\0\1\0\1\0"},
      {"PSD", "8BPS\0\1"}
    };
    for (String[] u : unsupported) {
      refuse("I12 " + u[0], latin1(u[1]), ErrorCode.IMAGE_UNSUPPORTED, u[0]);
    }
    return rows.stream();
  }

  @TestFactory
  Stream<DynamicTest> whatIsCut() throws IOException {
    for (String name : new String[] {"420.jpg", "cmyk_small.jpg", "progressive_grey.jpg"}) {
      byte[] file = resource(name);
      for (int i = 1; i < 10; i++) {
        int length = file.length * i / 10;
        refuse("I02 " + name + " cut to " + length, cut(file, length), ErrorCode.IMAGE, "");
      }
      refuse("I02 " + name + " end lost", cut(file, file.length - 2), ErrorCode.IMAGE, "early");
    }
    byte[] png = smallPng();
    refuse("I02 PNG cut in its header", cut(png, 20), ErrorCode.IMAGE, "too early");
    refuse("I02 PNG cut in its data", cut(png, png.length - 18), ErrorCode.IMAGE, "too early");
    refuse("I02 PNG cut before IEND", cut(png, png.length - 12), ErrorCode.IMAGE, "too early");
    return rows.stream();
  }

  @TestFactory
  Stream<DynamicTest> sizes() throws IOException {
    var large = ErrorCode.IMAGE_TOO_LARGE;
    refuse("I03a 14000 × 14000 PNG", flatPng(14_000, 14_000), large, "14000 × 14000");
    byte[] jpeg = resource("420.jpg");
    int frame = segmentAt(jpeg, 0xC0);
    byte[] sides = bytes(0xFF, 0xDC, 0xFF, 0xDC);
    refuse("I03b 65500 × 65500", splice(jpeg, frame + 5, frame + 9, sides), large, "65500");
    refuse("I03c 30000 × 30000 PNG", flatPng(30_000, 30_000), large, "limit");
    byte[] gif = resource("palette.gif");
    byte[] screen = bytes(0xFF, 0xFF, 0xFF, 0xFF);
    refuse("I03d GIF screen", splice(gif, 6, 10, screen), large, "65535");
    byte[] bmp = resource("24.bmp");
    refuse("I03e BMP", splice(bmp, 18, 26, join(little(50_000), little(50_000))), large, "50000");
    byte[] webp = resource("lossless.webp");
    refuse("I03f WebP", splice(webp, 21, 25, bytes(0xFF, 0xFF, 0xFF, 0x0F)), large, "16384");
    refuse(
        "I03g WebP of 16384 × 1024 without the data for it",
        splice(webp, 21, 24, bytes(0xFF, 0xFF, 0xFF)),
        ErrorCode.IMAGE,
        "damaged");
    refuse("I04a PNG width 0", flatPng(0, 5), ErrorCode.IMAGE, "0 × 5");
    refuse("I04b PNG height 0", flatPng(5, 0), ErrorCode.IMAGE, "5 × 0");
    refuse("I04c PNG width −1", flatPng(-1, 5), ErrorCode.IMAGE, "4294967295");
    refuse("I04d PNG 2^31 − 1", flatPng(Integer.MAX_VALUE, 5), large, "2147483647");
    refuse(
        "I04e JPEG height 0",
        splice(jpeg, frame + 5, frame + 7, bytes(0, 0)),
        ErrorCode.IMAGE,
        "× 0");
    refuse(
        "I04f BMP height −2^31",
        splice(bmp, 22, 26, little(Integer.MIN_VALUE)),
        ErrorCode.IMAGE,
        "2147483648");
    refuse("I04g 18375 × 11175 in a tiny file", flatPng(18_375, 11_175), large, "18375");
    refuse("I04h less data than the header says", flatPng(4000, 4000), ErrorCode.IMAGE, "early");
    accept("I13a 1 × 1", greyPng(1, 1, bytes(0, 7)), 1, 1);
    accept("I13b 1 × 100000", greyPng(1, 100_000, new byte[200_000]), 1, 100_000);
    accept("I13c 100000 × 1", greyPng(100_000, 1, new byte[100_001]), 100_000, 1);
    return rows.stream();
  }

  @TestFactory
  Stream<DynamicTest> pngChunks() {
    byte[] bomb = deflate(new byte[64 << 20]);
    accept("I05a zTXt bomb", smallPng(chunk("zTXt", join(latin1("k\0\0"), bomb))), 3, 2);
    accept("I05b iTXt bomb", smallPng(chunk("iTXt", join(latin1("k\0\1\0\0\0"), bomb))), 3, 2);
    accept("I05c iCCP bomb", smallPng(chunk("iCCP", join(latin1("k\0\0"), bomb))), 3, 2);
    byte[] text = chunk("tEXt", latin1("a\0b"));
    byte[] many = new byte[100_000 * text.length];
    for (int i = 0; i < many.length; i++) {
      many[i] = text[i % text.length];
    }
    accept("I05d 100000 ancillary chunks", smallPng(many), 3, 2);
    byte[] long2g = join(big(0x80000000), latin1("tEXt"), new byte[50]);
    refuse("I05e chunk of 2^31", smallPng(long2g), ErrorCode.IMAGE, "too early");
    byte[] png = smallPng();
    refuse("I05f bad CRC in IHDR", with(png, 29, png[29] + 1), ErrorCode.IMAGE, "checksum");
    int idat = indexOf(png, latin1("IDAT"));
    int crc = png.length - 13;
    refuse("I05g bad CRC in IDAT", with(png, crc, png[crc] + 1), ErrorCode.IMAGE, "checksum");
    accept("I05h bad CRC in tEXt", smallPng(with(text, text.length - 1, 1)), 3, 2);
    refuse("I05i name of a chunk", with(png, idat, 0), ErrorCode.IMAGE, "name of a chunk");
    refuse(
        "I05j critical chunk",
        smallPng(chunk("ABcD", new byte[1])),
        ErrorCode.IMAGE_UNSUPPORTED,
        "ABcD");
    refuse("I06a too much data", greyPng(3, 2, new byte[100]), ErrorCode.IMAGE, "more image data");
    refuse(
        "I06b bomb in IDAT",
        join(
            pngSignature(), header(3, 2, 8, 0, 0), chunk("IDAT", bomb), chunk("IEND", new byte[0])),
        ErrorCode.IMAGE,
        "more image data");
    refuse(
        "I06c no IDAT",
        join(pngSignature(), header(3, 2, 8, 0, 0), chunk("IEND", new byte[0])),
        ErrorCode.IMAGE,
        "IDAT");
    refuse("I06d two IHDR", smallPng(header(3, 2, 8, 0, 0)), ErrorCode.IMAGE, "second header");
    refuse("I06e no PLTE", palettePng(new byte[0], 0), ErrorCode.IMAGE, "PLTE");
    byte[] palette = chunk("PLTE", bytes(1, 2, 3, 4, 5, 6));
    accept("I06f palette", palettePng(palette, 1), 1, 1);
    refuse("I06g index beyond it", palettePng(palette, 2), ErrorCode.IMAGE, "colour 2");
    refuse(
        "I06h palette of 4 bytes",
        palettePng(chunk("PLTE", new byte[4]), 0),
        ErrorCode.IMAGE,
        "palette");
    refuse("I06i two palettes", palettePng(join(palette, palette), 0), ErrorCode.IMAGE, "palette");
    refuse(
        "I06j IHDR not first",
        join(pngSignature(), chunk("tEXt", new byte[3]), header(1, 1, 8, 0, 0)),
        ErrorCode.IMAGE,
        "IHDR");
    refuse(
        "I06k impossible depth",
        join(pngSignature(), header(1, 1, 3, 0, 0)),
        ErrorCode.IMAGE,
        "depth 3");
    refuse("I06l unknown filter", greyPng(1, 1, bytes(9, 0)), ErrorCode.IMAGE, "filter 9");
    refuse(
        "I06m damaged stream",
        join(
            pngSignature(),
            header(1, 1, 8, 0, 0),
            chunk("IDAT", latin1("not zlib")),
            chunk("IEND", new byte[0])),
        ErrorCode.IMAGE,
        "damaged");
    refuse(
        "I06n IDAT twice",
        splice(png, png.length - 12, png.length - 12, join(text, chunk("IDAT", new byte[1]))),
        ErrorCode.IMAGE,
        "one run");
    refuse(
        "I06o CgBI",
        join(pngSignature(), chunk("CgBI", new byte[4])),
        ErrorCode.IMAGE_UNSUPPORTED,
        "Apple");
    return rows.stream();
  }

  private static byte[] palettePng(byte[] palette, int index) {
    return join(
        pngSignature(),
        header(1, 1, 8, 3, 0),
        palette,
        chunk("IDAT", deflate(bytes(0, index))),
        chunk("IEND", new byte[0]));
  }

  @TestFactory
  Stream<DynamicTest> jpegMarkers() throws IOException {
    byte[] jpeg = resource("420.jpg");
    int frame = segmentAt(jpeg, 0xC0);
    var unsupported = ErrorCode.IMAGE_UNSUPPORTED;
    refuse("I08a 12 bits", with(jpeg, frame + 4, 12), unsupported, "12 bits");
    refuse("I08b arithmetic", with(jpeg, frame + 1, 0xC9), unsupported, "arithmetic");
    refuse("I08c lossless", with(jpeg, frame + 1, 0xC3), unsupported, "lossless");
    refuse("I08d hierarchical", with(jpeg, frame + 1, 0xC5), unsupported, "hierarchical");
    refuse("I08e JPEG-LS", with(jpeg, frame + 1, 0xF7), unsupported, "JPEG-LS");
    byte[] exif = latin1("Exif\0\0II*\0\u00ff\u00ff\u00ff\u00ff");
    accept("I09a EXIF cut", withSegment(jpeg, 0xE1, exif), 53, 37);
    accept("I09b EXIF huge", withSegment(jpeg, 0xE1, new byte[65_000]), 53, 37);
    accept(
        "I09c thumbnail larger than the picture",
        withSegment(jpeg, 0xE0, join(latin1("JFIF\0\1\1\0\0\1\0\1\u00ff\u00ff"), new byte[300])),
        53,
        37);
    byte[] icc = join(latin1("ICC_PROFILE\0\1\1"), new byte[500]);
    accept("I10a broken ICC profile", withSegment(jpeg, 0xE2, icc), 53, 37);
    byte[] large = jpeg;
    for (int i = 0; i < 64; i++) {
      large =
          withSegment(
              large, 0xE2, join(latin1("ICC_PROFILE\0"), bytes(64 - i, 64), new byte[65_000]));
    }
    accept("I10b ICC profile of 4 MB", large, 53, 37);
    refuse("I10c no Huffman table", without(jpeg, 0xC4), ErrorCode.IMAGE, "Huffman");
    refuse("I10d no quantization table", without(jpeg, 0xDB), ErrorCode.IMAGE, "quantization");
    accept("I10e garbage after the end", join(jpeg, latin1("and more")), 53, 37);
    refuse("I10f two pictures", join(jpeg, jpeg), ErrorCode.IMAGE, "second picture");
    accept(
        "I10g several pictures, announced",
        join(withSegment(jpeg, 0xE2, latin1("MPF\0abc")), jpeg),
        53,
        37);
    byte[] frameCopy = java.util.Arrays.copyOfRange(jpeg, frame, frame + 19);
    refuse("I10h two frames", splice(jpeg, frame, frame, frameCopy), ErrorCode.IMAGE, "second");
    refuse(
        "I10i no scan",
        join(cut(jpeg, segmentAt(jpeg, 0xDA)), bytes(0xFF, 0xD9)),
        ErrorCode.IMAGE,
        "no picture");
    refuse("I10j sampling 0", with(jpeg, frame + 11, 0), ErrorCode.IMAGE, "sampling");
    refuse(
        "I10k segment of 1 byte",
        splice(jpeg, 2, 2, bytes(0xFF, 0xE5, 0, 1)),
        ErrorCode.IMAGE,
        "segment of 1");
    refuse(
        "I10l two components",
        splice(
            jpeg,
            frame,
            frame + 19,
            bytes(0xFF, 0xC0, 0, 14, 8, 0, 37, 0, 53, 2, 1, 0x11, 0, 2, 0x11, 0)),
        unsupported,
        "2 components");
    byte[] scan = java.util.Arrays.copyOfRange(jpeg, segmentAt(jpeg, 0xDA), jpeg.length - 2);
    byte[] scans = jpeg;
    for (int i = 0; i < 64; i++) {
      scans = splice(scans, scans.length - 2, scans.length - 2, scan);
    }
    refuse("I10m 65 scans", scans, ErrorCode.IMAGE, "scans");
    return rows.stream();
  }

  @TestFactory
  Stream<DynamicTest> otherFormats() throws IOException {
    byte[] gif = resource("palette.gif");
    int image = indexOf(gif, bytes(0x2C, 0, 0, 0, 0));
    refuse("I11a GIF code size", with(gif, image + 10, 12), ErrorCode.IMAGE, "12 bits");
    refuse(
        "I11b GIF without frame", join(cut(gif, image), bytes(0x3B)), ErrorCode.IMAGE, "no frame");
    refuse("I11c GIF unknown block", with(gif, image, 0x77), ErrorCode.IMAGE, "0x77");
    refuse(
        "I11d GIF code not defined",
        splice(gif, image + 11, image + 15, bytes(3, 0xFF, 0xFF, 0xFF)),
        ErrorCode.IMAGE,
        "not defined");
    byte[] runs = new byte[250 * 200];
    byte[] bomb = join(cut(gif, image + 5), bytes(4, 0, 1, 0, 0, 6, 1, 3, 0, 0x3B));
    accept(
        "I11e GIF with more pixels than its frame",
        join(
            cut(gif, image + 5),
            bytes(40, 0, 1, 0, 0),
            java.util.Arrays.copyOfRange(gif, image + 10, gif.length),
            runs),
        40,
        30);
    refuse("I11f GIF that ends", bomb, ErrorCode.IMAGE, "too early");
    byte[] bmp = resource("8.bmp");
    refuse("I11g BMP compression", with(bmp, 30, 5), ErrorCode.IMAGE_UNSUPPORTED, "compression");
    refuse("I11h BMP bits", with(bmp, 28, 2), ErrorCode.IMAGE_UNSUPPORTED, "2 bits");
    refuse("I11i BMP header", with(bmp, 14, 41), ErrorCode.IMAGE_UNSUPPORTED, "header");
    refuse(
        "I11j BMP data outside",
        splice(bmp, 10, 14, little(1 << 30)),
        ErrorCode.IMAGE,
        "points to byte");
    byte[] masks = resource("565.bmp");
    refuse("I11k BMP masks", with(masks, 54, 1), ErrorCode.IMAGE_UNSUPPORTED, "masks");
    refuse("I11l BMP cut", cut(bmp, bmp.length - 30), ErrorCode.IMAGE, "too early");
    refuse("I11m BMP runs cut", cut(resource("rle8.bmp"), 1090), ErrorCode.IMAGE, "too early");
    byte[] webp = resource("lossless.webp");
    refuse("I11n WebP without picture", with(webp, 12, 'X'), ErrorCode.IMAGE, "no picture");
    refuse("I11o WebP version", with(webp, 24, webp[24] | 0x20), ErrorCode.IMAGE, "version");
    refuse("I11p WebP cut", cut(webp, webp.length / 2), ErrorCode.IMAGE, "too early");
    byte[] lossy = resource("lossy.webp");
    int key = indexOf(lossy, bytes(0x9D, 0x01, 0x2A));
    refuse("I11q WebP key frame", with(lossy, key, 0), ErrorCode.IMAGE, "key frame");
    byte[] animated = resource("animated.webp");
    int canvas = indexOf(animated, latin1("VP8X"));
    refuse(
        "I11r WebP frame beyond its canvas",
        with(animated, canvas + 12, 10),
        ErrorCode.IMAGE,
        "canvas");
    return rows.stream();
  }
}
