package dev.mmib.cpu;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;

/**
 * Pictures in blocks of channels: [batch, channels/block, places, block], as oneDNN's convolutions
 * like them best (its nChw16c and nChw8c).
 *
 * @param places height · width
 * @param block divides the channels, so that nothing is padded
 */
record ChannelBlocks(int batch, int channels, int places, int block)
    implements OffHeapBuffer.Layout {

  /** Places that are copied at once, in the first-level cache. */
  private static final int STRETCH = 256;

  /** Stretches of one block of one picture each: {@link #planeLength} neighbouring numbers. */
  int planes() {
    return batch * (channels / block);
  }

  int planeLength() {
    return places * block;
  }

  int length() {
    return batch * channels * places;
  }

  /** The same pictures, fewer of them. */
  ChannelBlocks ofBatch(int pictures) {
    return new ChannelBlocks(pictures, channels, places, block);
  }

  @Override
  public long bytes(int length) {
    return 4L * length;
  }

  @Override
  public void restore(BytePointer from, BytePointer plain) {
    FloatBuffer blocks = floats(from);
    FloatBuffer rows = floats(plain);
    var tile = new float[STRETCH * block];
    var row = new float[STRETCH];
    for (int plane = 0; plane < planes(); plane++) {
      int start = plane * planeLength();
      for (int at = 0; at < places; at += STRETCH) {
        int n = Math.min(STRETCH, places - at);
        blocks.get(start + at * block, tile, 0, n * block);
        for (int lane = 0; lane < block; lane++) {
          for (int i = 0; i < n; i++) {
            row[i] = tile[i * block + lane];
          }
          rows.put(start + lane * places + at, row, 0, n);
        }
      }
    }
  }

  /** Copies numbers in plain order into blocks: one of {@link #planes}. */
  void arrange(FloatBuffer plain, FloatBuffer to, int plane) {
    var tile = new float[STRETCH * block];
    var row = new float[STRETCH];
    int start = plane * planeLength();
    for (int at = 0; at < places; at += STRETCH) {
      int n = Math.min(STRETCH, places - at);
      for (int lane = 0; lane < block; lane++) {
        plain.get(start + lane * places + at, row, 0, n);
        for (int i = 0; i < n; i++) {
          tile[i * block + lane] = row[i];
        }
      }
      to.put(start + at * block, tile, 0, n * block);
    }
  }

  /** The memory behind a pointer as floats. */
  static FloatBuffer floats(BytePointer at) {
    return at.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
  }
}
