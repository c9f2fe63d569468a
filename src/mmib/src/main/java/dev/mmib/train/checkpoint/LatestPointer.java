package dev.mmib.train.checkpoint;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.AtomicFile;
import dev.mmib.io.InputFile;
import dev.mmib.io.IoFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file {@code latest}, which names the newest checkpoint to people and scripts.
 *
 * <p>Nothing is loaded because of it: a process that was killed between the move of a checkpoint
 * and this file leaves it behind the truth. It is only checked.
 */
final class LatestPointer {

  private static final Logger LOG = LoggerFactory.getLogger(LatestPointer.class);
  private static final String NAME = "latest";
  private static final int LONGEST = 4096;

  private LatestPointer() {}

  static void set(Path directory, Place place) throws IOException {
    var text = place.name() + "\n";
    AtomicFile.replace(
        directory.resolve(NAME), AtomicFile.Content.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Refuses one that leads out of the directory; warns of any other that is of no use. */
  static void check(Path directory) {
    var file = directory.resolve(NAME);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    String target;
    try {
      target =
          Files.isSymbolicLink(file)
              ? Files.readSymbolicLink(file).toString()
              : InputFile.text(file, LONGEST, ErrorCode.CHECKPOINT).strip();
    } catch (IOException e) {
      LOG.warn("{}: cannot be read ({}), ignored", file, IoFailure.reason(e));
      return;
    } catch (MmibException e) {
      if (e.code() != ErrorCode.CHECKPOINT) {
        throw e;
      }
      LOG.warn("{}, ignored", e.getMessage());
      return;
    }
    if (target.indexOf('/') >= 0 || target.indexOf('\\') >= 0 || target.equals("..")) {
      throw MmibException.in(
          file.toString(),
          ErrorCode.CHECKPOINT,
          "leads out of its directory, to " + MmibException.quote(target),
          "Somebody else wrote it: remove it if you trust the checkpoints beside it.");
    }
    if (!Place.isName(target)) {
      LOG.warn("{}: {} is no checkpoint, ignored", file, MmibException.quote(target));
    } else if (!Files.isDirectory(directory.resolve(target))) {
      LOG.warn("{}: names {}, which is not there; ignored", file, target);
    }
  }
}
