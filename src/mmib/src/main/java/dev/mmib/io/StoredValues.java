package dev.mmib.io;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.nn.Values;

/** A tensor of an open safetensors file as the numbers of a weight. */
record StoredValues(SafeTensors file, String name) implements Values {

  @Override
  public float[] toArray() {
    return file.readFloats(name);
  }

  @Override
  public void upload(Backend backend, Buffer to, int at, int length) {
    upload(at, backend, to, at, length);
  }

  /** {@code to[at .. at+length)} becomes the numbers from {@code first} on. */
  void upload(long first, Backend backend, Buffer to, int at, int length) {
    var source = file.source(name, DType.F32);
    backend.upload((i, bytes) -> source.read(first + i, bytes), to, at, length);
  }
}
