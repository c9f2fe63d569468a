package dev.mmib.cuda;

import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;

import java.nio.ByteBuffer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;

/**
 * Page-locked memory through which numbers go to the device: a ring of blocks, so that the host
 * fills one while the device copies from others, and small uploads never wait.
 */
final class Staging implements AutoCloseable {

  static final int BLOCK_BYTES = 4 << 20;
  private static final int BLOCKS = 4;
  private static final int ALIGNMENT = 256;

  private final CUstream stream;
  private final PinnedBlock[] blocks = new PinnedBlock[BLOCKS];
  private final CUevent[] copied = new CUevent[BLOCKS];
  private final boolean[] pending = new boolean[BLOCKS];
  private final Opened opened;
  private int current;
  private int used;
  private int last;

  Staging(CUstream stream) {
    this.stream = stream;
    try (var opening = new Opened()) {
      for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = opening.add(new PinnedBlock(BLOCK_BYTES), PinnedBlock::close);
        copied[i] = new CUevent();
        Driver.check(
            cuEventCreate(copied[i], CUevent_flags.CU_EVENT_DISABLE_TIMING), "cuEventCreate");
        opening.add(copied[i], event -> Driver.check(cuEventDestroy(event), "cuEventDestroy"));
      }
      opened = opening.keep();
    }
  }

  /** Room for {@code bytes}, at most {@link #BLOCK_BYTES}; what was there has been copied. */
  ByteBuffer next(int bytes) {
    if (used + bytes > BLOCK_BYTES) {
      Driver.check(cuEventRecord(copied[current], stream), "cuEventRecord");
      pending[current] = true;
      current = (current + 1) % BLOCKS;
      used = 0;
      if (pending[current]) {
        Driver.check(cuEventSynchronize(copied[current]), "cuEventSynchronize");
        pending[current] = false;
      }
    }
    last = used;
    used = (used + bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return blocks[current].bytes().slice(last, bytes).order(blocks[current].bytes().order());
  }

  /** Where the room that {@link #next} gave is. */
  jcuda.Pointer lastPointer() {
    return blocks[current].pointer().withByteOffset(last);
  }

  @Override
  public void close() {
    opened.close();
  }
}
