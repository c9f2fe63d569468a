package dev.mmib.convert.torch;

import static dev.mmib.convert.torch.HostileFile.ok;
import static dev.mmib.convert.torch.HostileFile.refused;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Z02 to Z04: zip archives whose directory, ends and headers contradict one another. */
class ZipStructureTest {

  @TempDir Path directory;

  @ParameterizedTest(name = "{0}")
  @MethodSource({"ends", "zip64", "headers"})
  void readsOrRefuses(String name, HostileFile row) throws IOException {
    row.check(directory);
  }

  private static Stream<Object[]> named(HostileFile... rows) {
    return Arrays.stream(rows).map(row -> new Object[] {row.name(), row});
  }

  static Stream<Object[]> ends() {
    var whole = HostileFile.zip(zip -> {});
    var hidden = new ZipBytes();
    hidden.add("archive/data.pkl", "hidden").inDirectory = false;
    hidden.hasEnd = false;
    return named(
        ok("Z02: an honest archive", zip -> {}),
        refused("Z02a: no end", zip -> zip.hasEnd = false, "without its end"),
        refused("Z02a: cut after 20 bytes", Arrays.copyOf(whole, 20), "no end of a zip archive"),
        refused(
            "Z02b: two ends, one after the other",
            zip -> zip.suffix = Arrays.copyOfRange(whole, whole.length - 22, whole.length),
            "does not end at"),
        refused(
            "Z02b: two ends, each of which reaches the end of the file",
            zip -> {
              zip.comment = Arrays.copyOfRange(whole, whole.length - 22, whole.length);
            },
            "two ends"),
        refused(
            "Z02b: two archives, one after the other",
            zip -> zip.suffix = whole,
            "does not end at"),
        refused(
            "Z02c: a comment that holds an archive", ZipStructureTest::hideInComment, "another"),
        ok(
            "Z02c: a plain comment",
            zip -> zip.comment = "trained in May".getBytes(StandardCharsets.UTF_8)),
        refused(
            "Z02: bytes after the end", zip -> zip.suffix = new byte[] {0, 0}, "without its end"),
        refused(
            "Z02d: bytes before the first entry",
            zip -> zip.prefix = new byte[64],
            "not a PyTorch"),
        refused(
            "Z02d: a hidden entry before the first",
            zip -> zip.prefix = hidden.toBytes(),
            "does not begin with its first entry"),
        refused(
            "Z02d: an archive glued to another, offsets of its own",
            zip -> {
              zip.prefix = hidden.toBytes();
              zip.entries.forEach(e -> e.offset = 0);
              zip.start = 0;
            },
            "does not end at"),
        refused(
            "Z02: bytes before the directory",
            zip -> zip.beforeDirectory = new byte[5],
            "followed by 5 bytes"),
        refused(
            "Z02: fewer entries than the directory has",
            zip -> zip.count = 3,
            "after its last entry"),
        refused("Z02: more entries than the directory has", zip -> zip.count = 5, "no entry"),
        refused("Z02: no entry at all", zip -> zip.entries.clear(), "empty or spanned"));
  }

  private static void hideInComment(ZipBytes zip) {
    var inner = HostileFile.zip(z -> {});
    // Its own end must not seem to be the outer one's.
    zip.comment = Arrays.copyOf(inner, inner.length + 1);
  }

  static Stream<Object[]> zip64() {
    return named(
        ok("Z03a: the zip64 end, as PyTorch writes it", zip -> zip.zip64End = true),
        ok(
            "Z03a: numbers that are only in the zip64 end",
            zip -> zip.zip64End = zip.saturatedEnd = true),
        ok(
            "Z03a: entries whose numbers are only in extra fields",
            zip -> zip.entries.forEach(e -> e.saturated = true)),
        ok(
            "Z03a: sizes in both headers' extra fields",
            zip -> zip.entries.forEach(ZipStructureTest::widen)),
        refused("Z03b: another number of entries", ends64(zip -> zip.count64 = 3), "contradicts"),
        refused("Z03b: another start", ends64(zip -> zip.start64 = 1), "contradicts"),
        refused(
            "Z03b: a start of 2^63",
            only64(zip -> zip.start64 = Long.MIN_VALUE),
            "does not end at"),
        refused("Z03b: 2^63 entries", only64(zip -> zip.count64 = Long.MIN_VALUE), "entries in"),
        refused("Z03b: a record elsewhere", ends64(zip -> zip.locatorOffset = 7), "no record"),
        refused(
            "Z03b: a record beyond the file",
            ends64(zip -> zip.locatorOffset = 1L << 40),
            "points to byte 1099511627776"),
        refused(
            "Z03b: a record before the file", ends64(zip -> zip.locatorOffset = -5), "points to"),
        refused("Z03b: a record too long", ends64(zip -> zip.recordLength = 100), "no record"),
        refused(
            "Z03b: saturated without a zip64 end",
            zip -> zip.saturatedEnd = true,
            "does not end at"),
        refused(
            "Z03b: saturated without an extra field",
            zip -> {
              zip.entry("data/0").saturated = true;
              zip.entry("data/0").extra = new byte[0];
            },
            "64 bits is missing"),
        refused(
            "Z03b: an extra field that contradicts",
            zip -> zip.entry("data/0").extra = ZipBytes.zip64Extra(4),
            "that it needs not"),
        refused(
            "Z03b: two extra fields",
            zip -> {
              var one = ZipBytes.zip64Extra(24, 24, 0);
              zip.entry("data/0").saturated = true;
              zip.entry("data/0").extra = Arrays.copyOf(one, 2 * one.length);
              System.arraycopy(one, 0, zip.entry("data/0").extra, one.length, one.length);
            },
            "extra fields are damaged"),
        refused(
            "Z03b: an extra field past its end",
            zip -> zip.entry("data/0").extra = new byte[] {'F', 'B', 9, 0, 1},
            "extra fields are damaged"),
        refused(
            "Z03b: a local extra field that contradicts",
            zip -> zip.entry("data/0").localExtra = ZipBytes.zip64Extra(28, 28),
            "differ: sizes of 64 bits"));
  }

  private static Consumer<ZipBytes> ends64(Consumer<ZipBytes> change) {
    return zip -> {
      zip.zip64End = true;
      change.accept(zip);
    };
  }

  private static Consumer<ZipBytes> only64(Consumer<ZipBytes> change) {
    return ends64(
        zip -> {
          zip.saturatedEnd = true;
          change.accept(zip);
        });
  }

  private static void widen(ZipBytes.Entry entry) {
    entry.saturated = true;
    entry.localSize = 0xffffffffL;
    entry.localExtra = ZipBytes.zip64Extra(entry.size, entry.size);
  }

  static Stream<Object[]> headers() {
    return named(
        refused(
            "Z04a: another name",
            zip ->
                zip.entry("data/0").localName = "archive/data/1".getBytes(StandardCharsets.UTF_8),
            "differ: name"),
        refused(
            "Z04a: a longer name",
            zip ->
                zip.entry("data/0").localName = "archive/data/00".getBytes(StandardCharsets.UTF_8),
            "'archive/data/0'"),
        refused("Z04b: another size", zip -> zip.entry("data/0").localSize = 23, "differ: size"),
        refused("Z04b: no size", zip -> zip.entry("data/0").localSize = 0, "differ: size"),
        refused(
            "Z04c: another method", zip -> zip.entry("data/0").localMethod = 8, "differ: method"),
        refused("Z04d: other flags", zip -> zip.entry("data/0").localFlags = 0, "differ: flags"),
        refused("Z04: another CRC", zip -> zip.entry("data/0").localCrc = 1, "differ: CRC"),
        refused(
            "Z04: no header there", zip -> zip.entry("data/0").offset = 1, "overlaps what follows"),
        ok("Z04: a descriptor of 32 bits", zip -> describe(zip, true, false)),
        ok("Z04: a descriptor of 64 bits", zip -> describe(zip, true, true)),
        ok("Z04: a descriptor without signature", zip -> describe(zip, false, false)),
        ok("Z04: a descriptor of 64 bits without signature", zip -> describe(zip, false, true)),
        refused(
            "Z04: a descriptor that differs",
            zip -> {
              describe(zip, true, false);
              zip.entry("data/0").after[12] ^= 1;
            },
            "differ: descriptor"),
        refused(
            "Z04: a descriptor announced and missing",
            zip -> zip.entry("data/0").flags |= 8,
            "are no descriptor"),
        refused(
            "Z04: a descriptor not announced",
            zip -> {
              describe(zip, true, false);
              zip.entry("data/0").flags &= ~8;
              zip.entry("data/0").localCrc = ZipBytes.RIGHT;
              zip.entry("data/0").localSize = ZipBytes.RIGHT;
            },
            "belong to nothing"),
        refused(
            "Z04: a descriptor without its signature",
            zip -> {
              describe(zip, true, false);
              zip.entry("data/0").after[0] = 0;
            },
            "differ: descriptor"),
        ok(
            "Z04: a descriptor announced and missing for no bytes",
            zip -> zip.add("archive/data/9", "").flags |= 8),
        ok("Z04: padding of PyTorch", zip -> zip.entry("data/0").localExtra = padding(60)),
        ok("Z04: padding to 4096", zip -> zip.entry("data/0").localExtra = padding(4000)));
  }

  private static byte[] padding(int length) {
    var padding = new byte[4 + length];
    Arrays.fill(padding, (byte) 'Z');
    padding[0] = 'F';
    padding[1] = 'B';
    padding[2] = (byte) length;
    padding[3] = (byte) (length >> 8);
    return padding;
  }

  private static void describe(ZipBytes zip, boolean signed, boolean wide) {
    for (var entry : zip.entries) {
      entry.flags |= 8;
      entry.localSize = 0;
      entry.localCrc = 0;
      entry.after = ZipBytes.descriptor(entry, signed, wide);
    }
  }
}
