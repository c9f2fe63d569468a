package dev.mmib.cuda;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import dev.mmib.backend.kernel.CrfKernels;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The conditional random field on the GPU, one block of threads per sequence. */
final class CudaCrfKernels implements CrfKernels {

  /** Of a block, without asking the driver for more. */
  private static final long SHARED_BYTES = 48 * 1024;

  private static final int MOST_THREADS = 512;

  /** Shares of the gradients that are kept until they are summed: at most so many elements. */
  private static final long MOST_SHARES = 1 << 22;

  private static final int MOST_SLICES = 256;

  private final CudaStream stream;
  private final Kernel recursions;
  private final Kernel logLikelihood;
  private final Kernel marginals;
  private final Kernel emissionsGrad;
  private final Kernel shares;
  private final Kernel potentialsGrad;
  private final Kernel best;

  CudaCrfKernels(CudaStream stream) {
    this.stream = stream;
    recursions = stream.kernel("crf", "crf_recursions");
    logLikelihood = stream.kernel("crf", "crf_log_likelihood");
    marginals = stream.kernel("crf", "crf_marginals");
    emissionsGrad = stream.kernel("crf", "crf_emissions_grad");
    shares = stream.kernel("crf", "crf_shares");
    potentialsGrad = stream.kernel("crf", "crf_potentials_grad");
    best = stream.kernel("crf_best", "crf_best");
  }

  /** What the recursions over a batch leave, all in double precision. */
  private record Sums(CudaBuffer alphas, CudaBuffer betas, CudaBuffer logPartitions) {}

  private CudaBuffer doubles(long length) {
    return stream.scratch(DType.F32, Math.toIntExact(2 * length));
  }

  private static long elements(Chain chain) {
    return (long) chain.batch() * chain.tokens() * chain.tags();
  }

  private static long pairs(Chain chain) {
    return (long) chain.tags() * chain.tags();
  }

  /** Threads for all arcs into all tags of one position, as kernels/crf.cuh deals them out. */
  private static int threads(int tags) {
    int lanes = tags == 1 ? 1 : Math.min(32, Integer.highestOneBit(tags - 1) * 2);
    long threads = ((long) tags * lanes + 31) / 32 * 32;
    return (int) Math.min(MOST_THREADS, threads);
  }

  /** How a block shares its memory out; what has no room there is kept in global memory. */
  private static final class SharedMemory {
    private long used;

    boolean take(long bytes) {
      boolean fits = used + bytes <= SHARED_BYTES;
      used += fits ? bytes : 0;
      return fits;
    }

    int bytes() {
      return (int) used;
    }
  }

  /** Runs the recursions both ways, and {@code then} with what they leave. */
  private void recursions(Chain chain, Consumer<Sums> then) {
    try (var alphas = doubles(elements(chain));
        var betas = doubles(elements(chain));
        var logPartitions = doubles(chain.batch())) {
      recursions(chain, alphas, betas, logPartitions);
      then.accept(new Sums(alphas, betas, logPartitions));
    }
  }

  /** Without {@code alphas} and {@code betas} only log Z, which the forward direction gives. */
  private void recursions(
      Chain chain,
      @Nullable CudaBuffer alphas,
      @Nullable CudaBuffer betas,
      CudaBuffer logPartitions) {
    int tags = chain.tags();
    var shared = new SharedMemory();
    boolean statesFit = shared.take(16L * tags);
    boolean tableFits = shared.take(4 * pairs(chain));
    try (var states = statesFit ? null : doubles(4L * chain.batch() * tags)) {
      recursions
          .in(chain.emissions())
          .inInts(chain.lengths())
          .in(chain.transitions())
          .in(chain.start())
          .in(chain.end())
          .outOrNull(alphas)
          .outOrNull(betas)
          .out(logPartitions)
          .outOrNull(states)
          .value(chain.tokens())
          .value(tags)
          .value(tableFits ? 1 : 0)
          .launch(chain.batch(), betas == null ? 1 : 2, 1, threads(tags), shared.bytes());
    }
  }

  @Override
  public void logLikelihood(Chain chain, Buffer tags, Buffer out) {
    int warps = 4;
    try (var logPartitions = doubles(chain.batch())) {
      recursions(chain, null, null, logPartitions);
      logLikelihood
          .in(chain.emissions())
          .inInts(chain.lengths())
          .in(chain.transitions())
          .in(chain.start())
          .in(chain.end())
          .inInts(tags)
          .in(logPartitions)
          .out(out)
          .value(chain.batch())
          .value(chain.tokens())
          .value(chain.tags())
          .launch((chain.batch() + warps - 1) / warps, 32 * warps);
    }
  }

  @Override
  public void logLikelihoodGrad(
      Chain chain,
      Buffer tags,
      Buffer dout,
      Buffer demissions,
      Buffer dtransitions,
      Buffer dstart,
      Buffer dend) {
    recursions(
        chain,
        sums -> {
          emissionsGrad(chain, sums, tags, dout, demissions);
          potentialsGrad(chain, sums, tags, dout, dtransitions, dstart, dend);
        });
  }

  private void emissionsGrad(Chain chain, Sums sums, Buffer tags, Buffer dout, Buffer demissions) {
    emissionsGrad
        .in(sums.alphas)
        .in(sums.betas)
        .in(sums.logPartitions)
        .inInts(chain.lengths())
        .inInts(tags)
        .in(dout)
        .out(demissions)
        .value(chain.batch())
        .value(chain.tokens())
        .value(chain.tags())
        .over(elements(chain));
  }

  /** In two stages, so that the order of summation is always the same. */
  private void potentialsGrad(
      Chain chain,
      Sums sums,
      Buffer tags,
      Buffer dout,
      Buffer dtransitions,
      Buffer dstart,
      Buffer dend) {
    int block = 128;
    long potentials = pairs(chain) + 2L * chain.tags();
    int blocks = (int) ((potentials + block - 1) / block);
    int most = (int) Math.max(1, Math.min(MOST_SLICES, MOST_SHARES / potentials));
    int slices = Math.min(chain.batch(), most);
    try (var shared = doubles(slices * potentials)) {
      shares
          .in(chain.emissions())
          .inInts(chain.lengths())
          .in(chain.transitions())
          .in(sums.alphas)
          .in(sums.betas)
          .in(sums.logPartitions)
          .inInts(tags)
          .in(dout)
          .out(shared)
          .value(chain.batch())
          .value(chain.tokens())
          .value(chain.tags())
          .launch(blocks, slices, 1, block, 0);
      potentialsGrad
          .in(shared)
          .out(dtransitions)
          .out(dstart)
          .out(dend)
          .value(slices)
          .value(chain.tags())
          .launch(blocks, block);
    }
  }

  @Override
  public void marginals(Chain chain, Buffer p) {
    recursions(
        chain,
        sums ->
            marginals
                .in(sums.alphas)
                .in(sums.betas)
                .in(sums.logPartitions)
                .inInts(chain.lengths())
                .out(p)
                .value(chain.batch())
                .value(chain.tokens())
                .value(chain.tags())
                .over(elements(chain)));
  }

  @Override
  public void best(Chain chain, int k, Buffer paths, Buffer scores) {
    long states = (long) chain.tags() * k;
    var shared = new SharedMemory();
    boolean candidatesFit = shared.take(16 * states);
    boolean tableFits = shared.take(4 * pairs(chain));
    boolean originsFit = shared.take(4L * chain.tokens() * states);
    long length = states * chain.batch() * chain.tokens();
    try (var candidates = candidatesFit ? null : doubles(2L * chain.batch() * states);
        var origins = originsFit ? null : stream.scratch(DType.I32, Math.toIntExact(length))) {
      best.in(chain.emissions())
          .inInts(chain.lengths())
          .in(chain.transitions())
          .in(chain.start())
          .in(chain.end())
          .outOrNull(candidates);
      if (origins == null) {
        best.outOrNull(null);
      } else {
        best.outInts(origins);
      }
      best.outInts(paths)
          .out(scores)
          .value(k)
          .value(chain.tokens())
          .value(chain.tags())
          .value(tableFits ? 1 : 0)
          .launch(chain.batch(), threads(chain.tags()), shared.bytes());
    }
  }
}
