// The k best tag sequences of a linear-chain conditional random field: Viterbi's recursion with k
// candidates per position and tag, in double precision.
//
//   best[1,j] = {start[j] + e[1,j]}
//   best[t,j] = the k largest of  best[t−1,i,rank] + (T[i,j] + e[t,j])  over i and rank
//   paths     = the k largest of  best[n,i,rank] + end[i]
//
// A candidate remembers the state i·k + rank that it comes from. Of equal scores the lower tag i comes
// first, then the lower rank; NaN comes before all numbers and 0 before −0.
#include "crf.cuh"

namespace {

// A candidate from one tag.
struct Choice {
  long long key;  // order of the score
  int tag, rank;
};

// Larger keys for larger scores; above all numbers NaN, below all the key of no candidate.
__device__ __forceinline__ long long crf_key(double score) {
  if (score != score) return 0x7ff8000000000000ll;
  long long bits = __double_as_longlong(score);
  return bits < 0 ? bits ^ 0x7fffffffffffffffll : bits;
}

constexpr long long NO_KEY = -0x7fffffffffffffffll - 1;

__device__ __forceinline__ double crf_score(long long key) {
  return __longlong_as_double(key < 0 ? key ^ 0x7fffffffffffffffll : key);
}

// Gives take(rank, choice) the `wanted` best of before[i·k + rank] + step(i) over all tags i and the
// first `count` ranks, best first; each lane of a group calls take with the same. All threads of a
// warp must call, with the same count and wanted.
//
// Every round looks for the best of those that come after the round before: a tag's candidates are in
// order, so its first one that does is all it has to offer.
template <class Step, class Take>
__device__ __forceinline__ void crf_best_few(const double* before, int count, int wanted, int k,
                                             int tags, int lanes, Step step, Take take) {
  Choice last{0x7fffffffffffffffll, -1, -1};
  for (int round = 0; round < wanted; round++) {
    Choice best{NO_KEY, 0x7fffffff, 0};
    for (int i = threadIdx.x & (lanes - 1); i < tags; i += lanes) {
      double weight = step(i);
      for (int rank = 0; rank < count; rank++) {
        long long key = crf_key(before[(long long)i * k + rank] + weight);
        bool later = key < last.key ||
                     (key == last.key && (i > last.tag || (i == last.tag && rank > last.rank)));
        if (!later) continue;
        if (key > best.key) best = Choice{key, i, rank};  // tags ascend: the first of equal ones stays
        break;
      }
    }
    for (int m = lanes >> 1; m; m >>= 1) {
      Choice other{__shfl_xor_sync(~0u, best.key, m), __shfl_xor_sync(~0u, best.tag, m),
                   __shfl_xor_sync(~0u, best.rank, m)};
      if (other.key > best.key || (other.key == best.key && other.tag < best.tag)) best = other;
    }
    take(round, best);
    last = best;
  }
}

// min(k, a · b) without overflow.
__device__ __forceinline__ int crf_at_most(int k, int a, int b) {
  long long product = (long long)a * b;
  return product < k ? (int)product : k;
}

}  // namespace

// Grid batch, any block up to 512. paths [batch, k, tokens], −1 past the end and in rows beyond the number
// of paths, scores [batch, k], −∞ in those rows. Dynamic shared memory, in this order: 2 · tags · k
// doubles unless `candidates` [batch, 2, tags, k] holds them, tags² floats if table_in_shared, and
// tokens · tags · k ints unless `origins` [batch, tokens, tags, k] holds them.
extern "C" __global__ void __launch_bounds__(512, 2)
    crf_best(const float* emissions, const int* lengths, const float* transitions,
             const float* start, const float* end, double* candidates, int* origins, int* paths,
             float* scores, int k, int tokens, int tags, int table_in_shared) {
  DYN_SHARED(double, shared);
  int b = blockIdx.x, length = lengths[b];
  long long states = (long long)tags * k;
  double* before = candidates ? candidates + b * 2 * states : shared;
  double* found = before + states;
  float* table = (float*)(candidates ? shared : shared + 2 * states);
  int* from = origins ? origins + b * tokens * states
                      : (int*)(table_in_shared ? table + (long long)tags * tags : table);
  Arcs arcs = crf_arcs(transitions, table_in_shared ? table : nullptr, tags, true);
  const float* e = emissions + (long long)b * tokens * tags;
  for (int j = threadIdx.x; j < tags; j += blockDim.x) {
    before[(long long)j * k] = (double)start[j] + e[j];
  }
  __syncthreads();

  int groups = blockDim.x / arcs.lanes, group = threadIdx.x / arcs.lanes;
  bool writes = threadIdx.x % arcs.lanes == 0;
  int count = 1;
  for (int t = 1; t < length; t++) {
    int wanted = crf_at_most(k, count, tags);
    for (int base = 0; base < tags; base += groups) {
      int j = min(base + group, tags - 1);  // those beyond stay for the shuffles
      double emission = e[(long long)t * tags + j];
      bool mine = writes && base + group < tags;
      crf_best_few(
          before, count, wanted, k, tags, arcs.lanes, [&](int i) { return arcs(i, j) + emission; },
          [&](int rank, const Choice& choice) {
            if (!mine) return;
            found[(long long)j * k + rank] = crf_score(choice.key);
            from[t * states + (long long)j * k + rank] = choice.tag * k + choice.rank;
          });
    }
    __syncthreads();
    double* passed = before;
    before = found;
    found = passed;
    count = wanted;
  }

  int rows = crf_at_most(k, count, tags);
  int* path = paths + (long long)b * k * tokens;
  if (threadIdx.x < 32) {
    crf_best_few(
        before, count, rows, k, tags, 32, [&](int i) { return (double)end[i]; },
        [&](int rank, const Choice& choice) {
          if (threadIdx.x != 0) return;
          scores[(long long)b * k + rank] = (float)crf_score(choice.key);
          path[(long long)rank * tokens] = choice.tag * k + choice.rank;  // read just below
        });
  }
  __syncthreads();
  for (int rank = threadIdx.x; rank < k; rank += blockDim.x) {
    int* row = path + (long long)rank * tokens;
    if (rank >= rows) {
      scores[(long long)b * k + rank] = -INFINITY;
    } else {
      int state = row[0];
      for (int t = length - 1; t > 0; t--) {
        row[t] = state / k;
        state = from[t * states + state];
      }
      row[0] = state / k;
    }
  }
  for (long long n = threadIdx.x; n < (long long)k * tokens; n += blockDim.x) {
    if (n / tokens >= rows || n % tokens >= length) path[n] = -1;
  }
}

KERNEL(crf_best)
