package dev.mmib.cuda;

import static jcuda.jcudnn.JCudnn.cudnnCreate;
import static jcuda.jcudnn.JCudnn.cudnnDestroy;
import static jcuda.jcudnn.JCudnn.cudnnGetErrorString;
import static jcuda.jcudnn.JCudnn.cudnnSetStream;

import dev.mmib.backend.DType;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.List;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnHandle;
import org.jspecify.annotations.Nullable;

/** cuDNN on one stream: the handle, its workspace and what its status numbers mean. */
final class Cudnn implements AutoCloseable {

  private final CudaStream stream;
  private final cudnnHandle handle = new cudnnHandle();
  private final Scalars scalars;
  private final List<CudaBuffer> workspaces = new ArrayList<>();
  private final Opened opened;

  Cudnn(CudaStream stream) {
    this.stream = stream;
    JCudnn.setExceptionsEnabled(false);
    stream.enter();
    try (var opening = new Opened()) {
      scalars = opening.add(new Scalars(), Scalars::close);
      opening.add(workspaces, all -> all.forEach(CudaBuffer::close));
      check(cudnnCreate(handle), "cudnnCreate");
      opening.add(handle, h -> check(cudnnDestroy(h), "cudnnDestroy"));
      check(cudnnSetStream(handle, stream.runtimeHandle()), "cudnnSetStream");
      opened = opening.keep();
    }
  }

  cudnnHandle handle() {
    return handle;
  }

  Scalars scalars() {
    return scalars;
  }

  CudaStream stream() {
    return stream;
  }

  /**
   * Memory for intermediate results of {@code bytes} at least; null for none. The same for the same
   * size as long as this lives: captured graphs have its address.
   */
  @Nullable CudaBuffer workspace(long bytes) {
    if (bytes == 0) {
      return null;
    }
    for (var workspace : workspaces) {
      if (4L * workspace.length() >= bytes) {
        return workspace;
      }
    }
    long words = Long.highestOneBit((bytes + 3) / 4 * 2 - 1); // the next power of two: few of them
    int length = (int) Math.min(words, Integer.MAX_VALUE);
    var workspace = stream.internal(DType.I32, length);
    workspaces.add(workspace);
    return workspace;
  }

  /**
   * Throws unless {@code status} is 0. The numbers were changed in cuDNN 9 and JCuda's names are
   * the old ones, so the library itself is asked.
   */
  static void check(int status, String call) {
    if (status != 0) {
      throw MmibException.of(
          ErrorCode.DEVICE,
          "cuda: " + call + " gave " + cudnnGetErrorString(status) + " (" + status + ")",
          "Run `mmib doctor`; cuDNN 9 with all its parts is needed, and memory for its workspace.");
    }
  }

  @Override
  public void close() {
    opened.close();
  }
}
