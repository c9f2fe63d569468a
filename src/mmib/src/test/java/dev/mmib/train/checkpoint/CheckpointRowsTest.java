package dev.mmib.train.checkpoint;

import static dev.mmib.train.checkpoint.CheckpointRow.entry;
import static dev.mmib.train.checkpoint.CheckpointRow.forged;
import static dev.mmib.train.checkpoint.CheckpointRow.good;
import static dev.mmib.train.checkpoint.CheckpointRow.none;
import static dev.mmib.train.checkpoint.CheckpointRow.previous;
import static dev.mmib.train.checkpoint.CheckpointRow.raw;
import static dev.mmib.train.checkpoint.CheckpointRow.second;

import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is read where files and manifests are not as they were written; a row is named by its id.
 */
class CheckpointRowsTest {

  @TempDir Path home;

  private Path template;

  @BeforeEach
  void save() throws IOException {
    template = Files.createDirectory(home.resolve("template"));
    var store = SavedSteps.store(template);
    SavedSteps.save(store, 1);
    SavedSteps.save(store, 2);
  }

  @TestFactory
  Stream<DynamicTest> rows() {
    var rows = new ArrayList<CheckpointRow>();
    files(rows);
    manifests(rows);
    names(rows);
    return CheckpointRow.tests(rows, template, home);
  }

  private static void files(List<CheckpointRow> rows) {
    for (var name : SavedSteps.FILES) {
      rows.add(
          new CheckpointRow(
              "K01a 0 bytes " + name,
              c -> Files.write(second(c).resolve(name), new byte[0]),
              previous("has 0 bytes vs")));
      rows.add(
          new CheckpointRow(
              "K01b missing " + name,
              c -> Files.delete(second(c).resolve(name)),
              previous("no such file")));
    }
    rows.add(
        new CheckpointRow(
            "K01c extra file", c -> Files.writeString(second(c).resolve("extra"), "x"), good()));
    rows.add(
        new CheckpointRow(
            "K01d extra directory",
            c -> Files.createDirectory(second(c).resolve("extra")),
            good()));
    rows.add(
        new CheckpointRow(
            "K01e grown file",
            c ->
                Files.write(second(c).resolve("state"), SavedSteps.content(2, 20_000).get("state")),
            previous("bytes vs")));
    rows.add(
        new CheckpointRow(
            "K01f both damaged",
            c -> {
              Files.delete(second(c).resolve("state"));
              Files.delete(c.resolve("ckpt-1").resolve("state"));
            },
            none()));
  }

  private static void manifests(List<CheckpointRow> rows) {
    rows.add(
        new CheckpointRow(
            "K03a manifest missing",
            c -> Files.delete(second(c).resolve(Manifest.NAME)),
            previous("no such file")));
    rows.add(raw("K03b unparsable", "{", "line 1"));
    rows.add(raw("K03c empty", "", "line 1"));
    rows.add(raw("K03d not an object", "[]", "expected an object"));
    rows.add(raw("K03e no members", "{}", "its own digest"));
    rows.add(raw("K03f nested 10,000 deep", "[".repeat(10_000), "deep"));
    rows.add(
        new CheckpointRow(
            "K03g not UTF-8",
            c -> Files.write(second(c).resolve(Manifest.NAME), new byte[] {'{', (byte) 0xC0}),
            previous("UTF-8")));
    rows.add(
        new CheckpointRow(
            "K03h duplicate entries",
            c -> {
              var file = second(c).resolve(Manifest.NAME);
              Files.writeString(
                  file,
                  Files.readString(file).replace("\"files\": {", "\"files\": {\"state\": {},"));
            },
            previous("state")));
    rows.add(
        new CheckpointRow(
            "K03i a space more",
            c -> {
              var file = second(c).resolve(Manifest.NAME);
              Files.writeString(file, Files.readString(file) + " ");
            },
            previous("its own digest")));
    rows.add(
        new CheckpointRow(
            "K03j a directory",
            c -> {
              Files.delete(second(c).resolve(Manifest.NAME));
              Files.createDirectory(second(c).resolve(Manifest.NAME));
            },
            previous("is a directory")));
    rows.add(
        forged(
            "K03k wrong digest",
            json -> entry(json, "state").put("sha256", "0".repeat(64)),
            "does not agree with its digest"));
    rows.add(
        forged(
            "K03l no digest", json -> entry(json, "state").put("sha256", "abc"), "no length and"));
    rows.add(
        forged("K03m negative length", json -> entry(json, "state").put("bytes", -1), "no length"));
    rows.add(
        forged(
            "K03n huge length",
            json -> entry(json, "state").put("bytes", Long.MAX_VALUE),
            "bytes vs 9223372036854775807"));
    rows.add(forged("K03o text for files", json -> json.put("files", "all"), "an object"));
    rows.add(forged("K03p other format", json -> json.put("format", "x"), "not the manifest"));
    rows.add(forged("K03q other step", json -> json.put("step", 1), "of step 1"));
    rows.add(forged("K03r step as text", json -> json.put("step", "2"), "expected a number"));
    rows.add(forged("K03s no facts", json -> json.put("facts", JsonScalar.NULL), "an object"));
  }

  private static void names(List<CheckpointRow> rows) {
    for (var name :
        List.of("../x", "/etc/hostname", "a/../b", "..\\x", "C:\\x", ".", "..", "", "a\0b", ".x")) {
      rows.add(
          forged(
              "K03t path " + rows.size(),
              json ->
                  json.object("files")
                      .put(name, new JsonObject().put("bytes", 0).put("sha256", "0".repeat(64))),
              "not the plain name of a file"));
    }
    rows.add(
        forged(
            "K03u itself",
            json ->
                json.object("files")
                    .put(
                        Manifest.NAME,
                        new JsonObject().put("bytes", 0).put("sha256", "0".repeat(64))),
            "not the plain name of a file"));
  }
}
