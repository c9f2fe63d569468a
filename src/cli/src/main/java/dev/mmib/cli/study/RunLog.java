package dev.mmib.cli.study;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.InputFile;
import dev.mmib.io.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The finished runs of a study, a line each, in the order in which they ended.
 *
 * <p>A line is forced to the disk before the next run begins. One that a crash cut off is dropped
 * when the file is opened again: that run is repeated. One process at a time has it open.
 */
final class RunLog implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RunLog.class);
  private static final int LARGEST = 64 << 20;

  private final Path file;
  private final FileChannel channel;
  private final List<Outcome> outcomes = new ArrayList<>();

  private RunLog(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static RunLog open(Path file) {
    try {
      var channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      var log = new RunLog(file, channel);
      try {
        log.lock();
        log.read();
        return log;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  private void lock() throws IOException {
    try {
      if (channel.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      LOG.debug("locked within this process", e);
    }
    throw MmibException.in(
        file.toString(),
        ErrorCode.OUTPUT_EXISTS,
        "another study writes here",
        "Wait for it, or name another directory.");
  }

  private void read() throws IOException {
    var text = InputFile.text(file, LARGEST, ErrorCode.CONFIG);
    int end = text.lastIndexOf('\n') + 1;
    for (var line : text.substring(0, end).lines().toList()) {
      outcomes.add(Outcome.fromJson(Json.parse(line, file.toString()).asObject()));
    }
    if (end < text.length()) {
      LOG.warn("{}: the last line was cut off; its run is repeated", file);
      channel.truncate(text.substring(0, end).getBytes(StandardCharsets.UTF_8).length);
    }
    channel.position(channel.size());
  }

  /** Those finished so far. */
  List<Outcome> outcomes() {
    return List.copyOf(outcomes);
  }

  boolean has(Arm arm, long seed) {
    var key = arm.key();
    return outcomes.stream().anyMatch(o -> o.seed() == seed && o.arm().equals(key));
  }

  void add(Outcome outcome) {
    var line =
        ByteBuffer.wrap((Json.write(outcome.toJson()) + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
      channel.force(true);
    } catch (IOException e) {
      throw failed(file, e);
    }
    outcomes.add(outcome);
  }

  /** Whether there is such a file with anything in it. */
  static boolean exists(Path file) {
    try {
      return Files.exists(file) && Files.size(file) > 0;
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  private static MmibException failed(Path file, IOException e) {
    return MmibException.in(
            file.toString(),
            ErrorCode.IO,
            "cannot be read or written: " + e.getClass().getSimpleName(),
            "Check its permissions and the free space.")
        .causedBy(e);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw failed(file, e);
    }
  }
}
