package dev.mmib.predict;

import dev.mmib.backend.Device;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A device that a thread of its own opens, which loads its libraries while models are looked at;
 * then it tries its kernels while their weights are read.
 *
 * <p>Closing waits for that thread, and closes the device unless it was taken.
 */
final class OpeningDevice implements AutoCloseable {

  private final FutureTask<Device.Choice> opening;
  private final FutureTask<@Nullable Void> rehearsal;
  private boolean taken;

  OpeningDevice(Supplier<Device.Choice> device) {
    opening = new FutureTask<>(device::get);
    rehearsal =
        new FutureTask<>(
            () -> {
              Rehearsal.ofKernels(opening.get().backend());
              return null;
            });
    var thread =
        new Thread(
            () -> {
              opening.run();
              rehearsal.run();
            },
            "mmib-device");
    thread.setDaemon(true);
    thread.start();
  }

  /** The device, which is the caller's from now on; what kept it from opening is thrown. */
  Device.Choice take() {
    taken = true;
    return resultOf(opening);
  }

  /** Waits until the kernels of a device that was taken were tried; throws what they threw. */
  void rehearsed() {
    resultOf(rehearsal);
  }

  private static <T extends @Nullable Object> T resultOf(FutureTask<T> task) {
    try {
      return await(task);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause()); // the tasks declare nothing checked
    }
  }

  /** Waits whatever happens: what is half open cannot be left. */
  private static <T extends @Nullable Object> T await(FutureTask<T> task)
      throws ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    try {
      var backend = await(opening).backend();
      try {
        await(rehearsal);
      } finally {
        if (!taken) {
          backend.close();
        }
      }
    } catch (ExecutionException e) {
      // Whoever took the device was told, and whoever did not has an error of his own that comes
      // first.
      taken = true;
    }
  }
}
