package dev.mmib.jmh.mmib;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.jmh.BertInput;
import dev.mmib.jmh.Contender;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tensor;
import java.io.IOException;

/** This library's encoder, to its last hidden states. */
public final class MmibBert implements Contender {

  private final Backend backend;
  private final LoadedBert model;
  private final Shape shape;
  private final int[] ids;

  public MmibBert(String device, int threads, BertInput input) throws IOException {
    this(Device.of(device).withThreads(threads), input);
  }

  /** On a device with all its settings, such as a precision. */
  public MmibBert(Device device, BertInput input) throws IOException {
    backend = device.open();
    model = LoadedBert.on(backend);
    shape = Shape.of(input.batch(), input.tokens());
    ids = input.ids();
  }

  private Tensor encode() {
    return model.bert().encode(Scope.current().ints(shape, ids), null, null);
  }

  @Override
  public void run() {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      encode();
    }
  }

  @Override
  public float[] result() {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      return encode().toFloats();
    }
  }

  @Override
  public String description() {
    return backend.name() + ": " + backend.description();
  }

  @Override
  public void close() {
    model.parameters().close();
    backend.close();
  }
}
