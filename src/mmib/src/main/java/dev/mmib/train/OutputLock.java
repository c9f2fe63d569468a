package dev.mmib.train;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.IoFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write a directory, held by one process at a time.
 *
 * <p>It is a lock of the operating system, which ends with its process however that ends. The file
 * stays, because a lock on a deleted file is none, and says who holds it.
 */
final class OutputLock implements AutoCloseable {

  static final String NAME = ".lock";

  private static final Logger LOG = LoggerFactory.getLogger(OutputLock.class);

  /** Behind what the file says: other systems do not let one read what another has locked. */
  private static final long LOCKED_BYTE = 1L << 30;

  private static final int LONGEST = 1024;
  private static final Pattern HOLDER =
      Pattern.compile("process (\\d{1,20}) on (\\S{1,255}) since ([-:0-9TZ]{1,32})");

  /**
   * The directories that this process holds, with the holder's words. Opening a locked file once
   * more in the same process and closing it would release the lock on POSIX systems.
   */
  private static final ConcurrentHashMap<Path, String> HELD = new ConcurrentHashMap<>();

  private final Path directory;
  private final FileChannel channel;

  private OutputLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /** Takes the lock, or refuses with who has it. */
  static OutputLock take(Path directory) throws IOException {
    var real = directory.toRealPath();
    var mine = "process " + ProcessHandle.current().pid() + " on " + host() + " since " + now();
    var other = HELD.putIfAbsent(real, mine);
    if (other != null) {
      throw refused(directory, other);
    }
    boolean taken = false;
    try {
      var channel = open(directory, mine);
      taken = true;
      return new OutputLock(real, channel);
    } finally {
      if (!taken) {
        HELD.remove(real);
      }
    }
  }

  private static FileChannel open(Path directory, String mine) throws IOException {
    var channel =
        FileChannel.open(
            directory.resolve(NAME),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      boolean free = tryLock(directory, channel);
      var holder = holder(channel);
      if (!free) {
        throw refused(directory, holder);
      }
      if (!holder.isEmpty()) {
        explainLeftBehind(directory, holder);
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(mine.getBytes(StandardCharsets.UTF_8)), 0);
      taken = true;
      return channel;
    } finally {
      if (!taken) {
        channel.close();
      }
    }
  }

  private static boolean tryLock(Path directory, FileChannel channel) {
    try {
      return channel.tryLock(LOCKED_BYTE, 1, false) != null;
    } catch (OverlappingFileLockException e) {
      return false; // held by this very process, through another class loader
    } catch (IOException e) {
      throw MmibException.in(
              directory.toString(),
              ErrorCode.IO,
              "this file system has no locks: " + IoFailure.reason(e),
              "Write to a local disk.")
          .causedBy(e);
    }
  }

  private static String holder(FileChannel channel) throws IOException {
    var bytes = ByteBuffer.allocate(LONGEST);
    int read = channel.read(bytes, 0);
    return new String(bytes.array(), 0, Math.max(read, 0), StandardCharsets.UTF_8);
  }

  private static MmibException refused(Path directory, String holder) {
    var said = HOLDER.matcher(holder);
    boolean known = said.matches();
    boolean elsewhere = known && !said.group(2).equals(host());
    return MmibException.in(
        directory.toString(),
        ErrorCode.OUTPUT_EXISTS,
        "is being written by " + (known ? described(holder) : "another process"),
        elsewhere
            ? "That is another host. Wait for it, or if nothing runs there any more, remove "
                + NAME
                + " in it."
            : "Wait for it or stop it, or name another directory.");
  }

  private static void explainLeftBehind(Path directory, String holder) {
    var said = HOLDER.matcher(holder);
    if (said.matches() && !said.group(2).equals(host())) {
      LOG.warn(
          "{}: was being written by {} and not closed; if that still runs, stop this training: not"
              + " every file system carries locks from host to host",
          directory,
          described(holder));
    } else {
      LOG.info(
          "{}: {} ended without closing it",
          directory,
          said.matches() ? described(holder) : "an earlier training");
    }
  }

  /** The holder's words, of which only the host may be anything. */
  private static String described(String holder) {
    var said = HOLDER.matcher(holder);
    return said.matches()
        ? "process "
            + said.group(1)
            + " on "
            + MmibException.quote(said.group(2))
            + " since "
            + said.group(3)
        : "";
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** The machine's name, without asking a network for it. */
  static String host() {
    var name = hostOfLinux();
    if (name == null) {
      name = System.getenv("HOSTNAME");
    }
    if (name == null) {
      name = System.getenv("COMPUTERNAME");
    }
    return name == null || name.isBlank() ? "unknown" : name.strip().replaceAll("\\s+", "-");
  }

  private static @Nullable String hostOfLinux() {
    var file = Path.of("/proc/sys/kernel/hostname");
    try {
      return Files.exists(file) ? Files.readString(file) : null;
    } catch (IOException e) {
      LOG.debug("{}: {}", file, e.getClass().getSimpleName());
      return null;
    }
  }

  /** Gives it back. */
  @Override
  public void close() throws IOException {
    try (channel) {
      channel.truncate(0);
    } finally {
      HELD.remove(directory);
    }
  }
}
