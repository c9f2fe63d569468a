package dev.mmib.convert.torch;

import dev.mmib.io.TensorSource;
import java.nio.ByteBuffer;

/**
 * The elements of a strided view in row-major order.
 *
 * <p>Long runs are read into their place. Short ones are gathered through a window on the storage:
 * a piece that moves ahead where places only grow, as for every other column of a table; the view's
 * whole span where they do not, as for a transposed matrix, which needs all of it for every row. It
 * is let go with the last element.
 */
final class StridedContent implements TensorSource.Content {

  private static final long WIDEST = 1L << 28;
  private static final int PIECE = 1 << 20;
  private static final int LONG_RUN = 1 << 12;
  private static final int FAR = 1 << 12;

  private final TorchStorage storage;
  private final long[] dims;
  private final long[] strides;
  private final int width;

  /** Byte of the storage that the view begins at, and number of bytes to the end of its last. */
  private final long start;

  private final long span;
  private final long size;

  /** Elements that lie side by side wherever the index of the outer dimensions points. */
  private final long run;

  /** Extent of the innermost dimension that is no part of a run, and its stride in bytes. */
  private final long steps;

  private final long step;
  private final boolean isWhole;
  private final boolean isAscending;

  /** Bytes from the next run to the end of the last that is sure to come after it. */
  private long ahead;

  private ByteBuffer window = ByteBuffer.allocate(0);
  private long windowStart;

  StridedContent(TorchTensor of) {
    storage = of.storage();
    dims = of.dims().stream().mapToLong(d -> d).toArray();
    strides = of.strides().stream().mapToLong(s -> s).toArray();
    width = of.type().bits() / 8;
    start = of.offset() * width;
    size = of.size();
    long length = 1;
    int i = dims.length - 1;
    for (; i >= 0 && (dims[i] == 1 || strides[i] == length); i--) {
      length *= dims[i];
    }
    run = length;
    long last = place(size - 1);
    span = last + width;
    isAscending = isAscending(i);
    isWhole = !isAscending && span <= Math.min(WIDEST, Math.max(PIECE, size * width / 4 * 5));
    steps = i < 0 ? 1 : dims[i];
    step = i < 0 ? 0 : strides[i] * width;
  }

  /** Whether places only grow with the index, over the dimensions up to {@code innermost}. */
  private boolean isAscending(int innermost) {
    long reach = run;
    for (int i = innermost; i >= 0; i--) {
      if (dims[i] > 1 && strides[i] < reach) {
        return false;
      }
      reach += (dims[i] - 1) * strides[i];
    }
    return true;
  }

  @Override
  public synchronized void put(long at, ByteBuffer to) {
    long end = at + to.remaining() / width;
    window.order(to.order());
    for (long next = at; next < end; ) {
      long count = Math.min(run - next % run, end - next);
      if (count * width >= LONG_RUN) {
        int bytes = (int) count * width;
        storage.read(start + place(next), to.slice(to.position(), bytes));
        to.position(to.position() + bytes);
      } else if (count < run) {
        ahead = 0;
        copy(place(next), (int) count * width, to);
      } else {
        count *= Math.min(steps - next / run % steps, (end - next) / run);
        copyRuns(place(next), count / run, to);
      }
      next += count;
    }
    if (end == size) {
      window = ByteBuffer.allocate(0);
    }
  }

  /** Copies whole runs, one step of the dimension around them after another. */
  private void copyRuns(long from, long count, ByteBuffer to) {
    int bytes = (int) run * width;
    long place = from;
    for (long i = count - 1; i >= 0; i--) {
      ahead = i * step + bytes;
      copy(place, bytes, to);
      place += step;
    }
  }

  /** Bytes from the view's first element to that of number {@code element}. */
  private long place(long element) {
    long rest = element;
    long place = 0;
    for (int i = dims.length - 1; i >= 0; i--) {
      place += rest % dims[i] * strides[i];
      rest /= dims[i];
    }
    return place * width;
  }

  private void copy(long place, int bytes, ByteBuffer to) {
    if (place < windowStart || place + bytes > windowStart + window.limit()) {
      open(place, bytes);
    }
    int from = (int) (place - windowStart);
    switch (bytes) {
      case 1 -> to.put(window.get(from));
      case 2 -> to.putShort(window.getShort(from));
      case 4 -> to.putInt(window.getInt(from));
      case 8 -> to.putLong(window.getLong(from));
      default -> {
        to.put(to.position(), window, from, bytes);
        to.position(to.position() + bytes);
      }
    }
  }

  /** What pays to be read at once: only as much as will be asked for, and with no wide gaps. */
  private long piece() {
    return step >= FAR ? 0 : isAscending ? PIECE : Math.min(PIECE, ahead);
  }

  private void open(long place, int bytes) {
    windowStart = isWhole ? 0 : place;
    int length = (int) (isWhole ? span : Math.min(span - place, Math.max(piece(), bytes)));
    if (window.capacity() < length) {
      window = ByteBuffer.allocate(length).order(window.order());
    }
    window.clear().limit(length);
    storage.read(start + windowStart, window);
    window.flip();
  }
}
