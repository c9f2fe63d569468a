package dev.mmib.predict;

import dev.mmib.backend.Device;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A device that a thread of its own opens, which loads its libraries while models are looked at.
 *
 * <p>Closing waits for that thread, and closes the device unless it was taken.
 */
final class OpeningDevice implements AutoCloseable {

  private final FutureTask<Device.Choice> opening;
  private boolean taken;

  OpeningDevice(Device device) {
    opening = new FutureTask<>(device::choose);
    var thread = new Thread(opening, "mmib-device");
    thread.setDaemon(true);
    thread.start();
  }

  /** The device, which is the caller's from now on; what kept it from opening is thrown. */
  Device.Choice take() {
    taken = true;
    try {
      return opened();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause()); // opening declares nothing checked
    }
  }

  /** Waits whatever happens: what is half open cannot be left. */
  private Device.Choice opened() throws ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return opening.get();
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
    if (taken) {
      return;
    }
    try {
      opened().backend().close();
    } catch (ExecutionException e) {
      // Nothing was opened, and whoever closes this has an error of his own that comes first.
      taken = true;
    }
  }
}
