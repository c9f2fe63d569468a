package dev.mmib.jmh.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.mmib.jmh.Contender;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/** A graph that ONNX Runtime runs on inputs that stay where they are. */
public final class OnnxContender implements Contender {

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();

  /**
   * A session with everything that ONNX Runtime optimizes.
   *
   * @param model a ModelProto
   */
  public OnnxContender(int threads, byte[] model) throws OrtException {
    try (var options = new SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OptLevel.ALL_OPT);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      session = environment.createSession(model, options);
    }
  }

  /** The same with an input of floats. */
  public OnnxContender with(String name, float[] values, long... shape) throws OrtException {
    var buffer = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
    var floats = buffer.asFloatBuffer().put(values).rewind();
    inputs.put(name, OnnxTensor.createTensor(environment, floats, shape));
    return this;
  }

  /** The same with an input of whole numbers. */
  public OnnxContender with(String name, int[] values, long... shape) throws OrtException {
    var buffer = ByteBuffer.allocateDirect(8 * values.length).order(ByteOrder.nativeOrder());
    var longs = buffer.asLongBuffer();
    for (int value : values) {
      longs.put(value);
    }
    inputs.put(name, OnnxTensor.createTensor(environment, longs.rewind(), shape));
    return this;
  }

  @Override
  public void run() {
    try (var outputs = session.run(inputs)) {
      check(outputs.size() > 0);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public float[] result() {
    try (var outputs = session.run(inputs)) {
      check(outputs.get(0) instanceof OnnxTensor);
      var floats = ((OnnxTensor) outputs.get(0)).getFloatBuffer();
      var values = new float[floats.remaining()];
      floats.get(values);
      return values;
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(boolean isThere) {
    if (!isThere) {
      throw new IllegalStateException("onnxruntime: no output");
    }
  }

  @Override
  public String description() {
    return "ONNX Runtime " + environment.getVersion();
  }

  @Override
  public void close() {
    inputs.values().forEach(OnnxTensor::close);
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }
}
