package dev.mmib.cpu;

import static dev.mmib.cpu.Numbers.assertNear;
import static dev.mmib.cpu.Numbers.buffer;
import static dev.mmib.cpu.Numbers.values;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.Philox;
import dev.mmib.backend.kernel.AttentionKernels.Heads;
import dev.mmib.backend.kernel.AttentionKernels.Masks;
import dev.mmib.backend.kernel.Dropout;
import org.junit.jupiter.api.Test;

/** Attention with masks and dropout. */
abstract class OneDnnAttention extends OneDnnFixture {

  OneDnnAttention(boolean sgemm) {
    super(sgemm);
  }

  @Test
  void attendsWithMasksAndDropout() {
    Heads[] sizes = {
      new Heads(1, 1, 1, 1, 1, 1),
      new Heads(2, 3, 5, 7, 4, 0.5),
      new Heads(3, 2, 33, 31, 8, 0.3),
      new Heads(2, 12, 40, 49, 64, 0.125),
    };
    for (Heads heads : sizes) {
      for (double p : new double[] {0, 0.3}) {
        for (int masks = 0; masks < 4; masks++) {
          checkAttention(heads, p, (masks & 1) != 0, (masks & 2) != 0);
        }
      }
    }
  }

  private void checkAttention(Heads h, double p, boolean maskKeys, boolean maskQueries) {
    int width = h.width();
    float[] q = numbers.normal(h.batch() * h.queries() * width);
    float[] k = numbers.normal(h.batch() * h.keys() * width);
    float[] v = numbers.normal(h.batch() * h.keys() * width);
    float[] dout = numbers.normal(q.length);
    float[] keep = new float[h.batch() * h.keys()];
    float[] ask = new float[h.batch() * h.queries()];
    for (int i = 0; i < keep.length; i++) {
      // The first sequence sees nothing at all.
      keep[i] = maskKeys && (i < h.keys() || i % 5 < 2) ? 0 : 1;
    }
    for (int i = 0; i < ask.length; i++) {
      ask[i] = maskQueries && i % 3 == 1 ? 0 : 1;
    }
    var dropout = new Dropout(p, 7, 11);
    var out = new double[q.length];
    var dq = new double[q.length];
    var dk = new double[k.length];
    var dv = new double[v.length];
    for (int b = 0; b < h.batch(); b++) {
      for (int head = 0; head < h.heads(); head++) {
        for (int i = 0; i < h.queries(); i++) {
          naiveRow(h, dropout, b, head, i, q, k, v, keep, ask, dout, out, dq, dk, dv);
        }
      }
    }
    try (Buffer bq = buffer(cpu, q);
        Buffer bk = buffer(cpu, k);
        Buffer bv = buffer(cpu, v);
        Buffer bKeep = buffer(cpu, keep);
        Buffer bAsk = buffer(cpu, ask);
        Buffer bDout = buffer(cpu, dout);
        Buffer bOut = room(out.length);
        Buffer saved = room(cpu.attention().savedLength(h));
        Buffer bDq = room(dq.length);
        Buffer bDk = room(dk.length);
        Buffer bDv = room(dv.length)) {
      var masks = new Masks(maskKeys ? bKeep : null, maskQueries ? bAsk : null);
      cpu.attention().forward(h, bq, bk, bv, masks, dropout, bOut, saved);
      cpu.attention().backward(h, bq, bk, bv, masks, dropout, bOut, saved, bDout, bDq, bDk, bDv);
      String what = h + " dropout " + p + " masks " + maskKeys + maskQueries;
      assertNear(out, values(cpu, bOut), 20 * ROUNDING, "out " + what);
      assertNear(dv, values(cpu, bDv), 20 * ROUNDING, "dv " + what);
      if (h.keys() > 1) {
        assertNear(dq, values(cpu, bDq), 40 * ROUNDING, "dq " + what);
        assertNear(dk, values(cpu, bDk), 40 * ROUNDING, "dk " + what);
      }
    }
  }

  private static void naiveRow(
      Heads h,
      Dropout dropout,
      int b,
      int head,
      int i,
      float[] q,
      float[] k,
      float[] v,
      float[] keep,
      float[] ask,
      float[] dout,
      double[] out,
      double[] dq,
      double[] dk,
      double[] dv) {
    int atQ = (b * h.queries() + i) * h.width() + head * h.headDim();
    var s = new double[h.keys()];
    var factor = new double[h.keys()];
    var open = new boolean[h.keys()];
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < h.keys(); j++) {
      int atK = (b * h.keys() + j) * h.width() + head * h.headDim();
      for (int d = 0; d < h.headDim(); d++) {
        s[j] += h.scale() * q[atQ + d] * k[atK + d];
      }
      open[j] = keep[b * h.keys() + j] != 0 && ask[b * h.queries() + i] != 0;
      s[j] = open[j] ? s[j] : -1e9;
      max = Math.max(max, s[j]);
      long index = (((long) b * h.heads() + head) * h.queries() + i) * h.keys() + j;
      var words = new int[4];
      Philox.block(dropout.seed(), dropout.stream(), index / 4, words);
      boolean strikes = !dropout.isNone() && Philox.uniform(words[(int) (index % 4)]) < dropout.p();
      factor[j] = strikes ? 0 : 1 / (1 - dropout.p());
    }
    double total = 0;
    for (int j = 0; j < h.keys(); j++) {
      s[j] = Math.exp(s[j] - max);
      total += s[j];
    }
    var dd = new double[h.keys()];
    double dot = 0;
    for (int j = 0; j < h.keys(); j++) {
      int atK = (b * h.keys() + j) * h.width() + head * h.headDim();
      s[j] /= total;
      for (int d = 0; d < h.headDim(); d++) {
        out[atQ + d] += s[j] * factor[j] * v[atK + d];
        dv[atK + d] += s[j] * factor[j] * dout[atQ + d];
        dd[j] += dout[atQ + d] * v[atK + d] * factor[j];
      }
      dot += dd[j] * s[j];
    }
    for (int j = 0; j < h.keys(); j++) {
      int atK = (b * h.keys() + j) * h.width() + head * h.headDim();
      double ds = open[j] ? s[j] * (dd[j] - dot) : 0;
      for (int d = 0; d < h.headDim(); d++) {
        dq[atQ + d] += h.scale() * ds * k[atK + d];
        dk[atK + d] += h.scale() * ds * q[atQ + d];
      }
    }
  }
}
