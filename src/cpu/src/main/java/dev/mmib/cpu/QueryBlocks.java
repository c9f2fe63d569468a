package dev.mmib.cpu;

import dev.mmib.backend.kernel.AttentionKernels.Heads;

/**
 * The products of the backward pass of blocks of queries, each by one thread.
 *
 * <p>A block is {@code rows} queries from {@code first} on, of head {@code n % heads} of sequence
 * {@code n / heads}. Said by arguments, since an object for each would be garbage.
 */
record QueryBlocks(Heads h, Sources from, Targets to) {

  /** Where what is read begins. */
  record Sources(long q, long k, long v, long dout, long p) {}

  /** Where the gradients begin. */
  record Targets(long dq, long dk, long dv) {}

  private long atQueries(int n, int first) {
    int b = n / h.heads();
    return 4 * ((long) (b * h.queries() + first) * h.width() + n % h.heads() * h.headDim());
  }

  private long atKeys(int n) {
    int b = n / h.heads();
    return 4 * ((long) b * h.keys() * h.width() + n % h.heads() * h.headDim());
  }

  /** Keys collect from one block after the other. */
  private static double sumSoFar(int first) {
    return first == 0 ? 0 : 1;
  }

  /** dD = dout Vᵀ. */
  void dscores(int n, int first, int rows, AttentionLanes.Lane lane) {
    Gemm.call(
        rows,
        h.keys(),
        h.headDim(),
        1,
        from.dout() + atQueries(n, first),
        'N',
        h.width(),
        from.v() + atKeys(n),
        'T',
        h.width(),
        0,
        lane.address(0),
        h.keys());
  }

  /** dV = Dᵀ dout. */
  void dvalues(int n, int first, int rows, long d) {
    Gemm.call(
        h.keys(),
        h.headDim(),
        rows,
        1,
        d,
        'T',
        h.keys(),
        from.dout() + atQueries(n, first),
        'N',
        h.width(),
        sumSoFar(first),
        to.dv() + atKeys(n),
        h.width());
  }

  /** dQ = scale · dS K, dK = scale · dSᵀ Q. */
  void dinputs(int n, int first, int rows, AttentionLanes.Lane lane) {
    Gemm.call(
        rows,
        h.headDim(),
        h.keys(),
        h.scale(),
        lane.address(0),
        'N',
        h.keys(),
        from.k() + atKeys(n),
        'N',
        h.width(),
        0,
        to.dq() + atQueries(n, first),
        h.width());
    Gemm.call(
        h.keys(),
        h.headDim(),
        rows,
        h.scale(),
        lane.address(0),
        'T',
        h.keys(),
        from.q() + atQueries(n, first),
        'N',
        h.width(),
        sumSoFar(first),
        to.dk() + atKeys(n),
        h.width());
  }
}
