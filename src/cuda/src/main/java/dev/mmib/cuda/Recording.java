package dev.mmib.cuda;

import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import org.jspecify.annotations.Nullable;

/**
 * Work of a fixed shape as CUDA graphs: one for each stretch between two places where the host
 * waits for a number.
 *
 * <p>The Java code of the work runs every time. The first time everything happens as ever, in
 * memory of the recording's own ({@link Phase#REHEARSAL}); the second time the device's calls are
 * captured; from then on they are only compared with what was captured, and each stretch is one
 * launch. So results are the same, whatever the code does with them, and a difference is noticed.
 */
final class Recording implements AutoCloseable {

  /** What a run is for. */
  enum Phase {
    /** Runs as ever, so that libraries settle and memory is there. */
    REHEARSAL,
    CAPTURE,
    REPLAY,
    /** The work left what was captured; the rest of it runs as ever. */
    PLAIN
  }

  private final CUstream stream;
  private final RecordedMemory memory;
  private final List<Long> fingerprints = new ArrayList<>();
  private final List<Integer> stretchEnds = new ArrayList<>();
  private final List<@Nullable CUgraphExec> graphs = new ArrayList<>(); // null: nothing to do
  private final List<PinnedBlock> uploads = new ArrayList<>();
  private final CUevent done = new CUevent();
  private final Set<CudaBuffer> met = Collections.newSetFromMap(new IdentityHashMap<>());
  private Phase phase = Phase.PLAIN;
  private int runs;
  private int nextCall;
  private int nextStretch;
  private int nextUpload;
  private boolean ran;
  private boolean waiting;
  private boolean replayed;

  Recording(CUstream stream, RecordedMemory memory) {
    this.stream = stream;
    this.memory = memory;
    Driver.check(cuEventCreate(done, CUevent_flags.CU_EVENT_DISABLE_TIMING), "cuEventCreate");
  }

  RecordedMemory memory() {
    return memory;
  }

  /** Whether the next run would overwrite a result of the last one that is still in use. */
  boolean isInUse() {
    return runs > 1 && memory.isInUse();
  }

  void begin() {
    phase = runs == 0 ? Phase.REHEARSAL : runs == 1 ? Phase.CAPTURE : Phase.REPLAY;
    nextCall = 0;
    nextStretch = 0;
    nextUpload = 0;
    met.clear();
    if (ran) { // the uploads below lie where the device may still read those of the last run
      Driver.check(cuEventSynchronize(done), "cuEventSynchronize");
    }
    memory.begin(phase);
    if (phase == Phase.CAPTURE) {
      beginCapture();
    }
  }

  /** The run is over: what was recorded last goes to the device. */
  void end() {
    memory.end();
    finishStretch("ends");
    replayed = phase == Phase.REPLAY && nextCall == fingerprints.size();
    phase = Phase.PLAIN;
    runs++;
    Driver.check(cuEventRecord(done, stream), "cuEventRecord");
    ran = true;
  }

  /** The run failed; a recording that is not complete is of no use and must be closed. */
  void abort() {
    memory.end();
    met.forEach(CudaBuffer::forgetBfloat16); // the graph that makes the copies may not have run
    var graph = new CUgraph();
    if (phase == Phase.CAPTURE && cuStreamEndCapture(stream, graph) == Driver.SUCCESS) {
      Driver.check(cuGraphDestroy(graph), "cuGraphDestroy");
    }
    phase = Phase.PLAIN;
    // Uploads may be under way from memory that the next run fills anew, or that is freed now.
    Driver.check(cuStreamSynchronize(stream), "cuStreamSynchronize");
  }

  /** Whether the last run that ended was graphs alone. */
  boolean wasReplayed() {
    return replayed;
  }

  boolean isComplete() {
    return runs > 1;
  }

  /**
   * Whether a call to the device must be left out because the graph has it; to be asked before
   * every call.
   *
   * @param fingerprint of the call and all that it is given
   */
  boolean replaysInstead(long fingerprint) {
    if (phase == Phase.CAPTURE) {
      fingerprints.add(fingerprint);
    } else if (phase == Phase.REPLAY) {
      if (nextCall < fingerprints.size() && fingerprints.get(nextCall) == fingerprint) {
        nextCall++;
        return true;
      }
      leaveOrRefuse("differs at");
    }
    return false;
  }

  /**
   * Between two stretches the work may go another way; within one, part of it is left out already.
   */
  private void leaveOrRefuse(String how) {
    if (nextCall != stretchBegin(nextStretch)) {
      throw new IllegalStateException(
          "repeat: the work is not what was recorded under its key, it "
              + how
              + " call "
              + nextCall
              + " of "
              + fingerprints.size()
              + ": name in the key all that its course depends on");
    }
    phase = Phase.PLAIN;
    memory.leave();
  }

  /** To be called before the host waits for results: they must be on their way. */
  void beforeWaiting() {
    finishStretch("waits");
    if (phase == Phase.CAPTURE) {
      waiting = true;
    }
  }

  /** To be called when the host has waited. */
  void afterWaiting() {
    if (waiting) {
      waiting = false;
      beginCapture();
    }
  }

  private void beginCapture() {
    Driver.check(
        cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED),
        "cuStreamBeginCapture");
  }

  private void finishStretch(String how) {
    if (phase == Phase.CAPTURE) {
      var graph = instantiate();
      boolean empty = fingerprints.size() == stretchBegin(graphs.size());
      if (empty) {
        Driver.check(cuGraphExecDestroy(graph), "cuGraphExecDestroy");
      }
      graphs.add(empty ? null : graph);
      stretchEnds.add(fingerprints.size());
      launch(graphs.size() - 1);
    } else if (phase == Phase.REPLAY) {
      if (nextStretch < graphs.size() && stretchEnds.get(nextStretch) == nextCall) {
        launch(nextStretch++);
      } else {
        leaveOrRefuse(how + " before");
      }
    }
  }

  private int stretchBegin(int stretch) {
    return stretch == 0 ? 0 : stretchEnds.get(stretch - 1);
  }

  private CUgraphExec instantiate() {
    var graph = new CUgraph();
    Driver.check(cuStreamEndCapture(stream, graph), "cuStreamEndCapture");
    var instance = new CUgraphExec();
    int status = cuGraphInstantiate(instance, graph, 0);
    Driver.check(cuGraphDestroy(graph), "cuGraphDestroy");
    Driver.check(status, "cuGraphInstantiate");
    return instance;
  }

  private void launch(int stretch) {
    var graph = graphs.get(stretch);
    if (graph != null) {
      Driver.check(cuGraphLaunch(graph, stream), "cuGraphLaunch");
    }
  }

  /** Page-locked memory for the next upload, the same in every run. */
  ByteBuffer nextUpload(int bytes) {
    if (nextUpload == uploads.size()) {
      uploads.add(new PinnedBlock(Math.max(bytes, 64)));
    } else if (uploads.get(nextUpload).bytes().capacity() < bytes) {
      uploads.set(nextUpload, new PinnedBlock(bytes)).close();
    }
    return uploads.get(nextUpload++).bytes().clear();
  }

  /** Whether this run meets {@code buffer} for the first time; asked where that matters. */
  boolean meets(CudaBuffer buffer) {
    return met.add(buffer);
  }

  /** Whether uploads of this run belong to the recording. */
  boolean ownsUploads() {
    return phase != Phase.PLAIN;
  }

  /** The place that {@link #nextUpload} gave last. */
  PinnedBlock lastUpload() {
    return uploads.get(nextUpload - 1);
  }

  @Override
  public void close() {
    if (ran) {
      Driver.check(cuEventSynchronize(done), "cuEventSynchronize");
    }
    for (var graph : graphs) {
      if (graph != null) {
        Driver.check(cuGraphExecDestroy(graph), "cuGraphExecDestroy");
      }
    }
    uploads.forEach(PinnedBlock::close);
    memory.discard();
    Driver.check(cuEventDestroy(done), "cuEventDestroy");
  }
}
