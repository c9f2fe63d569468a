package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Workers;
import dev.mmib.backend.kernel.AttentionKernels;
import dev.mmib.backend.kernel.Dropout;

/**
 * Attention in plain Java, one sequence and head at a time; saves P, [batch, heads, queries, keys].
 */
public final class HostAttentionKernels implements AttentionKernels {

  private final Workers workers;

  public HostAttentionKernels(Workers workers) {
    this.workers = workers;
  }

  @Override
  public int savedLength(Heads heads) {
    return heads.probabilities();
  }

  @Override
  public void forward(
      Heads heads,
      Buffer q,
      Buffer k,
      Buffer v,
      Masks masks,
      Dropout dropout,
      Buffer out,
      Buffer saved) {
    var queries = HostBuffer.floats(q);
    var keys = HostBuffer.floats(k);
    var values = HostBuffer.floats(v);
    var output = HostBuffer.floats(out);
    var probabilities = HostBuffer.floats(saved);
    workers.forEach(
        heads.batch() * heads.heads(),
        1,
        (from, to) -> {
          var head = new AttentionHead(heads, masks, dropout);
          for (int n = from; n < to; n++) {
            head.select(n);
            head.probabilities(queries, keys, probabilities);
            head.output(values, output);
          }
        });
  }

  @Override
  public void probabilities(Heads heads, Buffer q, Buffer k, Masks masks, Buffer p) {
    var queries = HostBuffer.floats(q);
    var keys = HostBuffer.floats(k);
    var probabilities = HostBuffer.floats(p);
    workers.forEach(
        heads.batch() * heads.heads(),
        1,
        (from, to) -> {
          var head = new AttentionHead(heads, masks, Dropout.NONE);
          for (int n = from; n < to; n++) {
            head.select(n);
            head.probabilities(queries, keys, probabilities);
          }
        });
  }

  @Override
  public void backward(
      Heads heads,
      Buffer q,
      Buffer k,
      Buffer v,
      Masks masks,
      Dropout dropout,
      Buffer out,
      Buffer saved,
      Buffer dout,
      Buffer dq,
      Buffer dk,
      Buffer dv) {
    var queries = HostBuffer.floats(q);
    var keys = HostBuffer.floats(k);
    var values = HostBuffer.floats(v);
    var probabilities = HostBuffer.floats(saved);
    var doutput = HostBuffer.floats(dout);
    var dqueries = HostBuffer.floats(dq);
    var dkeys = HostBuffer.floats(dk);
    var dvalues = HostBuffer.floats(dv);
    workers.forEach(
        heads.batch() * heads.heads(),
        1,
        (from, to) -> {
          var head = new AttentionHead(heads, masks, dropout);
          for (int n = from; n < to; n++) {
            head.select(n);
            head.dscores(values, probabilities, doutput);
            head.dvalues(dvalues);
            head.dqueries(keys, dqueries);
            head.dkeys(queries, dkeys);
          }
        });
  }
}
