package dev.mmib.jmh.mmib;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.train.Existing;
import dev.mmib.train.StepReport;
import dev.mmib.train.Trainer;
import dev.mmib.train.TrainingListener;
import java.nio.file.Path;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A training by the library's own trainer that goes on by one step when it is told to. */
final class SteppedTraining implements AutoCloseable {

  private final SynchronousQueue<Object> permits = new SynchronousQueue<>();
  private final SynchronousQueue<StepReport> reports = new SynchronousQueue<>();
  private final Backend backend;
  private final Thread thread;
  private volatile boolean stopped;
  private volatile @Nullable Throwable failure;

  /**
   * Starts the training and waits for its first step.
   *
   * @param trainer one that never comes to its end by itself
   */
  SteppedTraining(Device device, Trainer trainer, Path out) {
    backend = device.open();
    var stepped =
        trainer
            .listener(
                new TrainingListener() {
                  @Override
                  public void stepped(StepReport report) {
                    handOver(report);
                  }
                })
            .stopWhen(() -> stopped);
    thread = new Thread(() -> train(stepped, out), "training");
    thread.setDaemon(true);
    thread.start();
    take();
  }

  private void train(Trainer trainer, Path out) {
    try {
      trainer.run(backend, out, Existing.OVERWRITE);
    } catch (RuntimeException | Error e) {
      failure = e; // thrown by who waits for the step
    }
  }

  private void handOver(StepReport report) {
    try {
      reports.put(report);
      permits.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopped = true;
    }
  }

  /** Makes a step. */
  StepReport step() {
    permit();
    return take();
  }

  private void permit() {
    try {
      permits.put(this);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private StepReport take() {
    try {
      while (thread.isAlive()) {
        var report = reports.poll(100, TimeUnit.MILLISECONDS);
        if (report != null) {
          return report;
        }
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    throw new IllegalStateException("training: ended before its step", failure);
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted", e);
  }

  Backend backend() {
    return backend;
  }

  @Override
  public void close() {
    stopped = true;
    if (thread.isAlive()) {
      permit();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    backend.close();
  }
}
