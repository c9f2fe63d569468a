package dev.mmib.cpu;

import dev.mmib.backend.kernel.AttentionKernels.Heads;

/** The products of the backward pass of a block of queries, by one thread. */
record QueryBlock(Heads h, int b, int head, int first, int rows) {

  /** Where what is read begins. */
  record Sources(long q, long k, long v, long dout, long p) {}

  /** Where the gradients begin. */
  record Targets(long dq, long dk, long dv) {}

  private long atQueries() {
    return 4 * ((long) (b * h.queries() + first) * h.width() + head * h.headDim());
  }

  private long atKeys() {
    return 4 * ((long) b * h.keys() * h.width() + head * h.headDim());
  }

  /** Keys collect from one block after the other. */
  private double sumSoFar() {
    return first == 0 ? 0 : 1;
  }

  /** dD = dout Vᵀ. */
  void dscores(Sources from, AttentionLanes.Lane lane) {
    Gemm.call(
        rows,
        h.keys(),
        h.headDim(),
        1,
        from.dout() + atQueries(),
        'N',
        h.width(),
        from.v() + atKeys(),
        'T',
        h.width(),
        0,
        lane.address(0),
        h.keys());
  }

  /** dV = Dᵀ dout. */
  void dvalues(Sources from, Targets to, long d) {
    Gemm.call(
        h.keys(),
        h.headDim(),
        rows,
        1,
        d,
        'T',
        h.keys(),
        from.dout() + atQueries(),
        'N',
        h.width(),
        sumSoFar(),
        to.dv() + atKeys(),
        h.width());
  }

  /** dQ = scale · dS K, dK = scale · dSᵀ Q. */
  void dinputs(Sources from, Targets to, AttentionLanes.Lane lane) {
    Gemm.call(
        rows,
        h.headDim(),
        h.keys(),
        h.scale(),
        lane.address(0),
        'N',
        h.keys(),
        from.k() + atKeys(),
        'N',
        h.width(),
        0,
        to.dq() + atQueries(),
        h.width());
    Gemm.call(
        h.keys(),
        h.headDim(),
        rows,
        h.scale(),
        lane.address(0),
        'T',
        h.keys(),
        from.q() + atQueries(),
        'N',
        h.width(),
        sumSoFar(),
        to.dk() + atKeys(),
        h.width());
  }
}
