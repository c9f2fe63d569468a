package dev.mmib.fault;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of the default file system, which fail when they are told to.
 *
 * <p>Everything that changes files is counted: opening for writing, opening a directory, each
 * write, force, move, delete, link and new directory. The n-th fails, alone or with all after it;
 * all after it is what a killed process or a full disk comes to.
 */
public final class FaultyFiles {

  private final FaultyFileSystem system = new FaultyFileSystem(this);
  private final List<String> log = new ArrayList<>();
  private int failing = Integer.MAX_VALUE;
  private boolean forEver;
  private boolean atomicMoves = true;
  private @Nullable Failure failure;
  private int openChannels;

  /** A path whose files fail. */
  public Path path(Path real) {
    return new FaultyPath(system, real);
  }

  /** Forgets what was done; from now on the n-th operation fails, from 1. */
  public void failAt(int n, Failure how, boolean andAllAfter) {
    log.clear();
    failing = n;
    failure = how;
    forEver = andAllAfter;
  }

  /** Forgets what was done; nothing fails any more. */
  public void heal() {
    log.clear();
    failing = Integer.MAX_VALUE;
  }

  /** Behaves as a file system that copies and deletes where it should move. */
  public void withoutAtomicMoves() {
    atomicMoves = false;
  }

  /** What was done since the last change of plans, failed or not: {@code "force ckpt-1"}. */
  public synchronized List<String> operations() {
    return List.copyOf(log);
  }

  /** Channels that were opened and not closed. */
  public int openChannels() {
    return openChannels;
  }

  void change(String what, Path file) throws IOException {
    change(what, file, null);
  }

  synchronized void change(String what, Path file, @Nullable FileChannel channel)
      throws IOException {
    log.add(what + " " + file.getFileName());
    boolean fails = forEver ? log.size() >= failing : log.size() == failing;
    if (fails && failure != null) {
      throw failure.exception(file, channel);
    }
  }

  synchronized boolean failsNext() {
    return log.size() + 1 == failing;
  }

  void requireMove(Path from, Path to) throws IOException {
    if (!atomicMoves) {
      throw new AtomicMoveNotSupportedException(from.toString(), to.toString(), "across devices");
    }
  }

  void opened() {
    openChannels++;
  }

  void closed() {
    openChannels--;
  }
}
