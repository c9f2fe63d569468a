package dev.mmib.cuda;

import dev.mmib.backend.DType;
import java.util.List;

/**
 * The rows of 4-byte words, one per tensor, that a kernel over many tensors reads.
 *
 * <p>Every launch uploads its table anew, some kilobytes: so the calls to the device are the same
 * in every step, which recorded work demands.
 */
final class TensorTable {

  /** Elements of a tensor that one block works on; a multiple of 4. */
  static final int CHUNK = 8192;

  private final int[] words;
  private final int tensors;
  private int at;
  private int chunks;

  TensorTable(int tensors, int wordsPerTensor) {
    this.words = new int[Math.multiplyExact(tensors, wordsPerTensor)];
    this.tensors = tensors;
  }

  int tensors() {
    return tensors;
  }

  /** Chunks of all tensors: the blocks of a launch. */
  int chunks() {
    return chunks;
  }

  /** Two words: where a tensor is. The words before it in its row must be even in number. */
  void address(CudaBuffer tensor) {
    long address = tensor.address();
    words[at++] = (int) address; // little end first, as the device reads it
    words[at++] = (int) (address >>> 32);
  }

  /** Two words: the length of the row's tensors and the number of their first chunk. */
  void length(int length) {
    words[at++] = length;
    words[at++] = chunks;
    chunks = Math.addExact(chunks, length / CHUNK + (length % CHUNK == 0 ? 0 : 1));
  }

  /** One word per number, as float. */
  void numbers(List<Double> numbers) {
    for (double number : numbers) {
      words[at++] = Float.floatToRawIntBits((float) number);
    }
  }

  /** The table on the device; to be closed right after the launch. */
  CudaBuffer upload(CudaStream stream) {
    if (at != words.length) {
      throw new IllegalStateException(
          "table of tensors: " + at + " words written vs " + words.length);
    }
    try (var opening = new Opened()) {
      var table = opening.add(stream.scratch(DType.I32, words.length), CudaBuffer::close);
      stream.upload(words, 0, table, 0, words.length);
      opening.keep();
      return table;
    }
  }
}
