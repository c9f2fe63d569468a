package dev.mmib.backend.host;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.kernel.CrfKernels.Chain;
import java.nio.FloatBuffer;

/** The scores of a batch of chains, those of all sequences read once and in double precision. */
final class CrfPotentials {

  private final Chain chain;
  private final FloatBuffer emissions;
  private final double[] transitions;
  private final double[] start;
  private final double[] end;

  CrfPotentials(Chain chain) {
    this.chain = chain;
    this.emissions = HostBuffer.floats(chain.emissions());
    this.transitions = read(chain.transitions(), chain.tags() * chain.tags());
    this.start = read(chain.start(), chain.tags());
    this.end = read(chain.end(), chain.tags());
  }

  private static double[] read(Buffer buffer, int length) {
    var doubles = new double[length];
    read(HostBuffer.floats(buffer), 0, doubles, length);
    return doubles;
  }

  private static void read(FloatBuffer buffer, int at, double[] to, int length) {
    for (int i = 0; i < length; i++) {
      to[i] = buffer.get(at + i);
    }
  }

  int tags() {
    return chain.tags();
  }

  int length(int sequence) {
    return HostBuffer.ints(chain.lengths()).get(sequence);
  }

  /** Reads the scores of a sequence's tags, [length, tags]. */
  void emissions(int sequence, double[] to) {
    int stride = chain.tokens() * chain.tags();
    read(emissions, sequence * stride, to, length(sequence) * chain.tags());
  }

  double transition(int from, int to) {
    return transitions[from * chain.tags() + to];
  }

  double start(int tag) {
    return start[tag];
  }

  double end(int tag) {
    return end[tag];
  }
}
