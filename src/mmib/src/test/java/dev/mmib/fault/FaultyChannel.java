package dev.mmib.fault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A channel whose writes and forces fail; a write that fails has written half. */
final class FaultyChannel extends FileChannel {

  private final FaultyFiles faults;
  private final Path file;
  private final FileChannel real;

  FaultyChannel(FaultyFiles faults, Path file, FileChannel real) {
    this.faults = faults;
    this.file = file;
    this.real = real;
    faults.opened();
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    if (faults.failsNext()) {
      real.write(from.slice(from.position(), from.remaining() / 2));
    }
    faults.change("write", file, this);
    return real.write(from);
  }

  @Override
  public int write(ByteBuffer from, long position) throws IOException {
    faults.change("write", file, this);
    return real.write(from, position);
  }

  @Override
  public long write(ByteBuffer[] from, int offset, int length) throws IOException {
    faults.change("write", file, this);
    return real.write(from, offset, length);
  }

  /** Counted, but not waited for. */
  @Override
  public void force(boolean metaData) throws IOException {
    faults.change("force", file, this);
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    faults.change("truncate", file, this);
    real.truncate(size);
    return this;
  }

  @Override
  protected void implCloseChannel() throws IOException {
    faults.closed();
    real.close();
  }

  @Override
  public int read(ByteBuffer to) throws IOException {
    return real.read(to);
  }

  @Override
  public long read(ByteBuffer[] to, int offset, int length) throws IOException {
    return real.read(to, offset, length);
  }

  @Override
  public int read(ByteBuffer to, long position) throws IOException {
    return real.read(to, position);
  }

  @Override
  public long position() throws IOException {
    return real.position();
  }

  @Override
  public FileChannel position(long newPosition) throws IOException {
    real.position(newPosition);
    return this;
  }

  @Override
  public long size() throws IOException {
    return real.size();
  }

  @Override
  public @Nullable FileLock tryLock(long position, long size, boolean shared) throws IOException {
    return real.tryLock(position, size, shared);
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) throws IOException {
    return real.lock(position, size, shared);
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) {
    throw new UnsupportedOperationException("transferTo");
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count) {
    throw new UnsupportedOperationException("transferFrom");
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) {
    throw new UnsupportedOperationException("map");
  }
}
