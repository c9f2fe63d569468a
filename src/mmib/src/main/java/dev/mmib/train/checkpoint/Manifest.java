package dev.mmib.train.checkpoint;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.InputFile;
import dev.mmib.io.IoFailure;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a checkpoint says of itself: its step, the length and digest of every file, and facts.
 *
 * <p>Written as JSON in one form only, its last member the SHA-256 of the form without that member:
 * so every bit of the manifest is protected too. Of all versions of the format that must stay as it
 * is, or a manifest from the future looks damaged.
 */
record Manifest(long step, Map<String, Entry> files, JsonObject facts) {

  /** The length of a file and its SHA-256 in hexadecimal digits. */
  record Entry(long bytes, String sha256) {}

  static final String NAME = "manifest.json";
  static final int VERSION = 1;

  private static final String FORMAT = "mmib-checkpoint";

  private static final String SELF = "sha256";
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final int CHUNK = 1 << 20;
  private static final String CURE = "Use another checkpoint; this one is damaged.";

  /** Whether a file of a checkpoint may be called so. */
  static boolean isFileName(String name) {
    return PLAIN.matcher(name).matches() && !name.equals(NAME);
  }

  /** The bytes of {@value #NAME}. */
  byte[] bytes() {
    var entries = new JsonObject();
    new TreeMap<>(files)
        .forEach(
            (name, entry) ->
                entries.put(
                    name, new JsonObject().put("bytes", entry.bytes()).put(SELF, entry.sha256())));
    return rendered(
        new JsonObject()
            .put("format", FORMAT)
            .put("version", VERSION)
            .put("step", step)
            .put("files", entries)
            .put("facts", facts));
  }

  /** {@code body} with its digest, in the one form. */
  static byte[] rendered(JsonObject body) {
    var digest = Digested.sha256();
    digest.update(Json.write(body).getBytes(StandardCharsets.UTF_8));
    body.put(SELF, Digested.hex(digest));
    return Json.writeIndented(body).getBytes(StandardCharsets.UTF_8);
  }

  /** Reads the manifest of a directory; believes nothing of the other files yet. */
  static Manifest read(Path directory) {
    var file = directory.resolve(NAME);
    return parse(InputFile.bytes(file, Json.LARGEST_FILE, ErrorCode.CHECKPOINT), file);
  }

  static Manifest parse(byte[] bytes, Path file) {
    var name = file.toString();
    var text = InputFile.decode(bytes, name, ErrorCode.CHECKPOINT);
    var json = Json.parse(text, name, ErrorCode.CHECKPOINT).asObject();
    var body = new JsonObject();
    json.members()
        .forEach(
            (key, value) -> {
              if (!key.equals(SELF)) {
                body.put(key, value);
              }
            });
    if (!Arrays.equals(rendered(body), bytes)) {
      throw damaged(file, "does not agree with its own digest");
    }
    if (!json.string("format", "").equals(FORMAT)) {
      throw damaged(file, "is not the manifest of a checkpoint");
    }
    requireVersion(json, file);
    var files = new TreeMap<String, Entry>();
    for (var member : json.object("files").members().entrySet()) {
      if (!isFileName(member.getKey())) {
        throw damaged(
            file, MmibException.quote(member.getKey()) + " is not the plain name of a file");
      }
      var entry = member.getValue().asObject();
      var digest = entry.string(SELF);
      if (entry.longInteger("bytes") < 0 || !DIGEST.matcher(digest).matches()) {
        throw damaged(file, MmibException.quote(member.getKey()) + " has no length and digest");
      }
      files.put(member.getKey(), new Entry(entry.longInteger("bytes"), digest));
    }
    return new Manifest(json.longInteger("step"), files, json.object("facts"));
  }

  private static void requireVersion(JsonObject json, Path file) {
    if (json.absent("version")) {
      throw MmibException.in(
          file.toString(),
          ErrorCode.CHECKPOINT_VERSION,
          "names no version of its format",
          "It was not written by this program; move it away.");
    }
    long version = json.longInteger("version");
    if (version != VERSION) {
      throw MmibException.in(
          file.toString(),
          ErrorCode.CHECKPOINT_VERSION,
          "has version " + version + " of the format, this program reads " + VERSION,
          version > VERSION
              ? "Go on with the newer program that wrote it, or move it away."
              : "Go on with the older program that wrote it, or move it away.");
    }
  }

  /** Compares every file with its length. */
  void requireLengths(Path directory) {
    files.forEach(
        (name, entry) -> {
          var file = directory.resolve(name);
          try (var channel = InputFile.open(file, ErrorCode.CHECKPOINT)) {
            if (channel.size() != entry.bytes()) {
              throw damaged(file, "has " + channel.size() + " bytes vs " + entry.bytes());
            }
          } catch (IOException e) {
            throw unreadable(file, e);
          }
        });
  }

  /** Reads every file and compares it with its digest. */
  void requireDigests(Path directory) {
    requireLengths(directory);
    var buffer = ByteBuffer.allocate(CHUNK);
    files.forEach(
        (name, entry) -> {
          var file = directory.resolve(name);
          if (!digestOf(file, buffer).equals(entry.sha256())) {
            throw damaged(file, "does not agree with its digest");
          }
        });
  }

  private static String digestOf(Path file, ByteBuffer buffer) {
    var digest = Digested.sha256();
    try (var channel = InputFile.open(file, ErrorCode.CHECKPOINT)) {
      while (channel.read(buffer.clear()) >= 0) {
        digest.update(buffer.flip());
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    return Digested.hex(digest);
  }

  private static MmibException damaged(Path file, String what) {
    return MmibException.in(file.toString(), ErrorCode.CHECKPOINT, what, CURE);
  }

  private static MmibException unreadable(Path file, IOException e) {
    // An interrupted reader has learned nothing about the file.
    return e instanceof ClosedByInterruptException
        ? MmibException.in(file.toString(), ErrorCode.CANCELLED, "interrupted while reading", "")
            .causedBy(e)
        : MmibException.in(
                file.toString(),
                ErrorCode.CHECKPOINT,
                "cannot be read: " + IoFailure.reason(e),
                CURE)
            .causedBy(e);
  }
}
