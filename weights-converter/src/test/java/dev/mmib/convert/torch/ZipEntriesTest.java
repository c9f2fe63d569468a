package dev.mmib.convert.torch;

import static dev.mmib.convert.torch.HostileFile.ok;
import static dev.mmib.convert.torch.HostileFile.refused;

import dev.mmib.error.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Z05 to Z11: zip archives whose entries overlap, promise too much, or are damaged. */
class ZipEntriesTest {

  @TempDir Path directory;

  @ParameterizedTest(name = "{0}")
  @MethodSource({"overlaps", "compressed", "checksums", "odd"})
  void readsOrRefuses(String name, HostileFile row) throws IOException {
    row.check(directory);
  }

  private static Stream<Object[]> named(HostileFile... rows) {
    return Arrays.stream(rows).map(row -> new Object[] {row.name(), row});
  }

  static Stream<Object[]> overlaps() {
    return named(
        refused(
            "Z05: two entries with the same bytes",
            zip -> zip.entry("data/1").offset = zip.entry("data.pkl").stored.length + 30 + 16,
            "overlaps"),
        refused(
            "Z05: an entry that reaches into the next",
            zip -> {
              zip.entry("data/0").storedSize = 60;
              zip.entry("data/0").size = 60;
            },
            "overlaps"),
        refused(
            "Z05: a last entry that reaches into the directory",
            zip -> {
              zip.entry("version").storedSize = 90;
              zip.entry("version").size = 90;
            },
            "overlaps"),
        refused(
            "Z05: an entry within the bytes of another",
            zip -> {
              var inner = new ZipBytes();
              inner.add("archive/data/0", new byte[24]);
              inner.hasEnd = false;
              zip.entry("data/0").inDirectory = false;
              var outer = zip.add("archive/outer", inner.toBytes());
              zip.add("archive/data/0", new byte[24]).offset = outer.offset;
            },
            "is followed by"),
        refused(
            "Z05: a hidden entry", zip -> zip.entry("data/0").inDirectory = false, "followed by"),
        refused(
            "Z05: an offset beyond the file",
            zip -> zip.entry("data/0").offset = 1 << 30,
            "has a number of 1073741824"));
  }

  static Stream<Object[]> compressed() {
    return named(
        ok("Z06a: honest DEFLATE", zip -> zip.entries.forEach(ZipBytes.Entry::deflated)),
        ok(
            "Z06a: a zero byte 60,000 times",
            zip -> zip.add("archive/data/9", new byte[60_000]).deflated()),
        ok("Z06a: an archive of java.util.zip", packedAgain()),
        refused(
            "Z06b: a ratio of 1000",
            zip -> zip.add("archive/data/9", new byte[1 << 20]).deflated(),
            "out of"),
        refused(
            "Z06c: a declared size of 2^40",
            zip -> {
              zip.entry("data/0").deflated();
              zip.entry("data/0").size = 1L << 40;
              zip.entry("data/0").localExtra =
                  ZipBytes.zip64Extra(1L << 40, zip.entry("data/0").stored.length);
            },
            "has 1099511627776 bytes out of"),
        refused(
            "Z06c: a declared size of 2^63",
            zip -> {
              zip.entry("data/0").deflated();
              zip.entry("data/0").saturated = true;
              zip.entry("data/0").extra = ZipBytes.zip64Extra(Long.MIN_VALUE, 9, 9);
            },
            "9223372036854775808"),
        refused("Z06: more bytes than declared", resized(20), ErrorCode.PICKLE, "has 20 bytes"),
        refused("Z06: data.pkl with more bytes than declared", pickleResized(-1), "has more than"),
        refused("Z06: data.pkl with fewer bytes than declared", pickleResized(1), "ends after"),
        refused(
            "Z06: compressed bytes that are none",
            zip -> Arrays.fill(zip.entry("data/0").deflated().stored, (byte) 0xff),
            "compressed bytes are damaged"),
        refused(
            "Z06: compressed bytes cut off",
            zip -> {
              var entry = zip.entry("data/0").deflated();
              entry.stored = Arrays.copyOf(entry.stored, entry.stored.length - 3);
            },
            "end too early"),
        refused(
            "Z06: bytes after the compressed ones",
            zip -> {
              var entry = zip.entry("data/0").deflated();
              entry.stored = Arrays.copyOf(entry.stored, entry.stored.length + 3);
            },
            "after its end"),
        refused(
            "Z06: stored with two sizes",
            zip -> zip.entry("data/0").size = 20,
            "has 20 bytes, stored as 24"));
  }

  /** Compressed by another writer, which puts checksums and sizes into descriptors. */
  private static byte[] packedAgain() {
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new java.util.zip.ZipEntry("archive/"));
      for (var entry : ZipBytes.of(HostileFile.stateDict()).entries) {
        zip.putNextEntry(
            new java.util.zip.ZipEntry(new String(entry.name, StandardCharsets.UTF_8)));
        zip.write(entry.stored);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static Consumer<ZipBytes> resized(long size) {
    return zip -> zip.entry("data/0").deflated().size = size;
  }

  private static Consumer<ZipBytes> pickleResized(int by) {
    return zip -> zip.entry("data.pkl").deflated().size += by;
  }

  static Stream<Object[]> checksums() {
    return named(
        refused(
            "Z07: CRC of data.pkl", zip -> zip.entry("data.pkl").crc ^= 1, "'archive/data.pkl'"),
        refused(
            "Z07: a changed byte in data.pkl", zip -> zip.entry("data.pkl").stored[30] ^= 1, "CRC"),
        refused("Z07: CRC of a storage", zip -> zip.entry("data/0").crc ^= 1, "'archive/data/0'"),
        refused(
            "Z07: a changed byte in a storage", zip -> zip.entry("data/1").stored[7] ^= 4, "CRC"),
        refused("Z07: no CRC", zip -> zip.entry("data/0").crc = 0, "set_crc32_options"),
        refused("Z07: CRC of version", zip -> zip.entry("version").crc ^= 1, "CRC"),
        refused(
            "Z07: CRC of a compressed storage",
            zip -> zip.entry("data/0").deflated().crc ^= 1,
            "CRC"),
        ok("Z07: CRC of a record that nobody uses", zip -> zip.add("archive/x", "x").crc = 5),
        refused("Z08: encrypted", zip -> zip.entry("data/0").flags |= 1, "is encrypted"),
        refused("Z08: strongly encrypted", zip -> zip.entry("data/0").flags |= 64, "is encrypted"),
        refused("Z08: masked", zip -> zip.entry("data/0").flags |= 1 << 13, "is encrypted"),
        refused("Z08: patched", zip -> zip.entry("data/0").flags |= 1 << 5, "has flags 0x0820"),
        refused("Z08: method LZMA", zip -> zip.entry("data/0").method = 14, "method 14"),
        refused("Z08: method 0xffff", zip -> zip.entry("data/0").method = 0xffff, "method 65535"),
        refused("Z08: several disks", zip -> zip.disk = 1, "several disks"),
        refused("Z08: an entry on disk 2", zip -> zip.entry("data/0").disk = 2, "disks"));
  }

  static Stream<Object[]> odd() {
    return Stream.concat(
        named(
            refused(
                "Z09a: data.pkl twice, the same",
                zip -> zip.add("archive/data.pkl", zip.entry("data.pkl").stored),
                "there twice"),
            refused(
                "Z09a: another data.pkl", zip -> zip.add("archive/data.pkl", "N."), "there twice"),
            refused(
                "Z09b: data/0 twice",
                zip -> zip.add("archive/data/0", new byte[24]),
                "there twice"),
            refused("Z09c: two folders", zip -> zip.add("other/data/0", "x"), "one folder"),
            refused("Z09c: a file in no folder", zip -> zip.add("README", "x"), "one folder"),
            refused(
                "Z10a: data/0 is missing",
                zip -> zip.entries.remove(zip.entry("data/0")),
                ErrorCode.PICKLE,
                "'0' is not in the archive"),
            refused("Z10b: data/0 is shorter", replaced(20), ErrorCode.PICKLE, "has 20 bytes"),
            refused("Z10b: data/0 is empty", replaced(0), ErrorCode.PICKLE, "has 0 bytes"),
            refused("Z10b: data/0 is no whole number", replaced(23), ErrorCode.PICKLE, "has 23"),
            refused("Z10c: data/0 is longer", replaced(28), ErrorCode.PICKLE, "has 28 bytes"),
            ok("Z10: a storage that nobody uses", zip -> zip.add("archive/data/7", "1234")),
            ok("Z11: folders as entries", zip -> zip.add("archive/data/", "")),
            refused(
                "Z11: a folder with content", zip -> zip.add("archive/d/", "x"), "folder with")),
        Stream.of(
                "../x",
                "/etc/passwd",
                "archive/../x",
                "archive/./x",
                "archive//x",
                "archive\\x",
                "C:/x",
                "archive/x\0.pkl",
                "archive/\n",
                "",
                "/",
                "..",
                "a".repeat(0xffff))
            .map(
                name ->
                    refused("Z11: the name " + shown(name), zip -> zip.add(name, "x"), "an entry"))
            .map(row -> new Object[] {row.name(), row}));
  }

  private static String shown(String name) {
    return name.length() > 100 ? name.length() + " letters" : name.replace('\0', '0').strip();
  }

  private static Consumer<ZipBytes> replaced(int length) {
    return zip ->
        zip.entries.set(
            1,
            new ZipBytes.Entry(
                "archive/data/0".getBytes(StandardCharsets.UTF_8), new byte[length]));
  }
}
