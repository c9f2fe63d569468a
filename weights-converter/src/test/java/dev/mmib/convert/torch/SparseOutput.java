package dev.mmib.convert.torch;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes a file in which runs of zeros are holes, so that a huge one takes no room. */
final class SparseOutput extends OutputStream {

  private static final byte[] ZEROS = new byte[1 << 20];

  private final RandomAccessFile file;
  private long position;

  SparseOutput(Path file) throws IOException {
    this.file = new RandomAccessFile(file.toFile(), "rw");
    this.file.setLength(0);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    if (length > ZEROS.length || !Arrays.equals(bytes, from, from + length, ZEROS, 0, length)) {
      file.seek(position);
      file.write(bytes, from, length);
    }
    position += length;
  }

  @Override
  public void close() throws IOException {
    if (file.getChannel().isOpen()) {
      file.setLength(position);
      file.close();
    }
  }
}
