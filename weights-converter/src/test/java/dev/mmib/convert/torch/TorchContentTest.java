package dev.mmib.convert.torch;

import static dev.mmib.convert.torch.HostileFile.ok;
import static dev.mmib.convert.torch.HostileFile.refused;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Z01 and Z13 to Z16: what is taken for a file of PyTorch and is not, and its records. */
class TorchContentTest {

  @TempDir Path directory;

  @ParameterizedTest(name = "{0}")
  @MethodSource({"others", "records"})
  void readsOrRefuses(String name, HostileFile row) throws IOException {
    row.check(directory);
  }

  private static Stream<Object[]> named(HostileFile... rows) {
    return Arrays.stream(rows).map(row -> new Object[] {row.name(), row});
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static Stream<Object[]> others() {
    var tar = new byte[1536];
    System.arraycopy(text("ustar"), 0, tar, 257, 5);
    return named(
        refused("Z01: 0 bytes", new byte[0], "is empty"),
        refused(
            "Z01: a zip signature and garbage",
            text("PK\3\4" + "garbage".repeat(9)),
            "without its end"),
        refused("Z01: a zip signature alone", text("PK\3\4"), "has 4 bytes"),
        refused(
            "Z01: an empty zip archive", text("PK\5\6" + "\0".repeat(18)), "an empty or spanned"),
        refused("Z01: text", text("The quick brown fox\n"), "is text"),
        refused("Z01: a web page", text("\n <!DOCTYPE html><html></html>"), "is a web page"),
        refused("Z01: a web page with a mark", text("\u00ef\u00bb\u00bf<HTML>"), "is a web page"),
        refused("Z01: an XML error page", text("<?xml version=\"1.0\"?><Error/>"), "is a web page"),
        refused(
            "Z01: a Git LFS pointer",
            text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
            "git lfs pull"),
        refused("Z01: safetensors", text("\2\0\0\0\0\0\0\0{}"), "is safetensors"),
        refused(
            "Z01: safetensors whose length begins as a pickle does",
            text("\u0080\2\0\0\0\0\0\0{}" + " ".repeat(0x27E)),
            "is safetensors"),
        refused("Z01: safetensors with blanks", text("\4\0\0\0\0\0\0\0 \n{}"), "is safetensors"),
        refused("Z01: a pickle of something", text("\u0080\2}q\0."), "a pickle, but not one of"),
        refused("Z01: gzip", text("\u001f\u008b\10\0"), "compressed by gzip"),
        refused("Z01: HDF5", text("\u0089HDF\r\n\u001a\n"), "is HDF5"),
        refused("Z01: GGUF", text("GGUF\3\0\0\0"), "is GGUF"),
        refused("Z01: a NumPy array", text("\u0093NUMPY\1\0"), "a NumPy array"),
        refused("Z01: bytes of no kind", text("\0\1\2\3"), "is not a PyTorch file"),
        refused("Z01: JSON", text("{\"a\": 1}"), "is text"),
        refused("Z16: a tar archive", tar, "before version 0.1.10"));
  }

  static Stream<Object[]> records() {
    return named(
        ok("Z13a: byteorder little", zip -> zip.add("archive/byteorder", "little")),
        refused("Z13b: byteorder big", zip -> zip.add("archive/byteorder", "big"), "'big' vs"),
        refused("Z13c: byteorder of junk", zip -> zip.add("archive/byteorder", "\1"), "\\u0001"),
        refused("Z13c: no byteorder in it", zip -> zip.add("archive/byteorder", ""), "'' vs"),
        refused(
            "Z13c: byteorder of 1 MB",
            zip -> zip.add("archive/byteorder", "x".repeat(1 << 20)),
            "at most 64"),
        ok("Z13a: version 3", zip -> {}),
        ok("Z13a: version 10 without a line feed", zip -> version(zip, "10")),
        ok(
            "Z13a: a version among the newer records",
            zip -> zip.entry("version").name("archive/.data/version")),
        refused("Z13b: version 99", zip -> version(zip, "99\n"), "version '99' vs"),
        refused("Z13b: version 11", zip -> version(zip, "11\n"), "version '11' vs"),
        refused("Z13b: version 0", zip -> version(zip, "0\n"), "version '0' vs"),
        refused("Z13c: version of junk", zip -> version(zip, "three"), "version 'three' vs"),
        refused("Z13c: version -3", zip -> version(zip, "-3"), "version '-3' vs"),
        refused(
            "Z13: no version",
            zip -> zip.entries.remove(zip.entry("version")),
            "no record 'version'"),
        ok("Z13: records of newer versions", TorchContentTest::addNewerRecords),
        refused("Z14: constants.pkl", zip -> zip.add("archive/constants.pkl", "x"), "TorchScript"),
        refused("Z14: code", zip -> zip.add("archive/code/__torch__.py", "x"), "TorchScript"),
        ok("Z15: a folder of another name", TorchContentTest::renameFolder),
        refused(
            "Z01: an archive of something else",
            zip ->
                zip.entries.removeIf(
                    e -> !new String(e.name, StandardCharsets.UTF_8).endsWith("data/0")),
            "not one of PyTorch"),
        refused(
            "Z01: no data.pkl",
            zip -> zip.entries.remove(zip.entry("data.pkl")),
            "no record 'data.pkl'"),
        refused(
            "P16: bytes after the pickle's end",
            zip -> {
              var old = zip.entry("data.pkl").stored;
              zip.entries.set(
                  0, new ZipBytes().add("archive/data.pkl", Arrays.copyOf(old, old.length + 2)));
            },
            "2 bytes after the pickle's end"));
  }

  private static void version(ZipBytes zip, String version) {
    zip.entries.remove(zip.entry("version"));
    zip.add("archive/version", version);
  }

  private static void addNewerRecords(ZipBytes zip) {
    zip.add("archive/.data/serialization_id", "0".repeat(40));
    zip.add("archive/.format_version", "1");
    zip.add("archive/.storage_alignment", "64");
    zip.add("archive/unheard_of", "whatever");
  }

  private static void renameFolder(ZipBytes zip) {
    for (var entry : zip.entries) {
      entry.name(new String(entry.name, StandardCharsets.UTF_8).replace("archive/", "modèle ☃/"));
    }
  }
}
