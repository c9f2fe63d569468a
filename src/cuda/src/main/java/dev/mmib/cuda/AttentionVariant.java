package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.AttentionKernels.Heads;

/** One way to compute attention, for some sizes. */
interface AttentionVariant {

  /** Number of floats that {@link #forward} leaves for {@link #backward}. */
  int savedLength(Heads heads);

  void forward(AttentionInputs inputs, Buffer out, Buffer saved);

  void backward(
      AttentionInputs inputs,
      Buffer out,
      Buffer saved,
      Buffer dout,
      Buffer dq,
      Buffer dk,
      Buffer dv);
}
