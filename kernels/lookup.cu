// Rows of a table by number, and the gradient of that.
//
//   gather_rows    y[i, :] = table[ids[i], :], zeros where the id is negative
//   id_range       smallest and largest id, one pair per block
//   scatter_*      table[ids[i], :] += y[i, :], negative ids skipped: three launches
//
// The scatter neither uses atomics on floats nor lets one busy row (padding, two token types) hold up
// the rest. scatter_sort orders the places i by id, equal ids in the order of i. scatter_tiles gives
// each block TILE neighbours of that order: a run of equal ids that lies within a tile is added to the
// table at once; a run that crosses tiles leaves its sum per tile in heads (begun in an earlier tile)
// or tails (begun here), and scatter_fold adds those up, from the tile where the run begins. Every
// row of the table is so written by one block per launch, in an order that the ids alone decide.
//
// `fours` = 1: cols is a multiple of 4 and threads work on four neighbours.
#include "columns.cuh"

template <class V>
__device__ __forceinline__ void gather(const V* table, const int* ids, V* y, int n, int units) {
  for (long long i = grid_thread(); i < (long long)n * units; i += grid_threads()) {
    u32 row = (u32)i / (u32)units, unit = (u32)i - row * (u32)units;
    int id = ids[row];
    y[i] = id >= 0 ? table[(long long)id * units + unit] : zero<V>();
  }
}

extern "C" __global__ void gather_rows(int fours, const float* table, const int* ids, float* y, int n,
                                       int cols) {
  if (fours) {
    gather((const float4*)table, ids, (float4*)y, n, cols / 4);
  } else {
    gather(table, ids, y, n, cols);
  }
}

// range holds two ints per block.
extern "C" __global__ void id_range(const int* ids, int* range, int n) {
  __shared__ int leasts[32], mosts[32];
  int least = 0x7fffffff, most = -0x7fffffff - 1;
  for (long long i = grid_thread(); i < n; i += grid_threads()) {
    int id = ids[i];
    least = min(least, id);
    most = max(most, id);
  }
  int warp = (int)threadIdx.x >> 5, lane = (int)threadIdx.x & 31, warps = (int)blockDim.x >> 5;
  for (int k = 16; k; k >>= 1) {
    least = min(least, __shfl_xor_sync(~0u, least, k));
    most = max(most, __shfl_xor_sync(~0u, most, k));
  }
  if (lane == 0) {
    leasts[warp] = least;
    mosts[warp] = most;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int w = 1; w < warps; w++) {
      least = min(least, leasts[w]);
      most = max(most, mosts[w]);
    }
    range[2 * blockIdx.x] = least;
    range[2 * blockIdx.x + 1] = most;
  }
}

// -------------------------------------------------------------------------------------------- sorting

constexpr int DIGITS = 256, SORT_WARPS = 32, BATCH = 4;

// The exclusive prefix sum of counts in the order (digit, warp): where each warp begins to place each
// digit.
__device__ __forceinline__ void scan_counts(int (*counts)[DIGITS], int* warpTotals) {
  int digit = (int)threadIdx.x, lane = digit & 31, total = 0, inclusive = 0;
  if (digit < DIGITS) {  // whole warps
    for (int w = 0; w < SORT_WARPS; w++) total += counts[w][digit];
    inclusive = total;
    for (int k = 1; k < 32; k <<= 1) {
      int other = __shfl_up_sync(~0u, inclusive, k);
      if (lane >= k) inclusive += other;
    }
    if (lane == 31) warpTotals[digit >> 5] = inclusive;
  }
  __syncthreads();
  if (digit < DIGITS) {
    int at = inclusive - total;
    for (int w = 0; w < digit >> 5; w++) at += warpTotals[w];
    for (int w = 0; w < SORT_WARPS; w++) {
      int count = counts[w][digit];
      counts[w][digit] = at;
      at += count;
    }
  }
  __syncthreads();
}

// Orders the places of ids by 8 bits a pass, from the lowest, each pass stable; negative ids count as
// `rows` and so come last. work holds 3n ints: the order, a spare one, the ids in that order. One block
// of 1024 threads; each warp takes its own range of the order.
extern "C" __global__ void __launch_bounds__(1024)
    scatter_sort(const int* ids, int* work, int n, int rows, int passes) {
  __shared__ int counts[SORT_WARPS][DIGITS];
  __shared__ int warpTotals[DIGITS / 32];
  int warp = (int)threadIdx.x >> 5, lane = (int)threadIdx.x & 31;
  int per = (n + SORT_WARPS * 32 - 1) / (SORT_WARPS * 32) * 32;
  int begin = min(n, warp * per), end = min(n, begin + per);
  const int* from = nullptr;
  for (int pass = 0; pass < passes; pass++) {
    int shift = 8 * pass;
    int* to = work + ((passes - 1 - pass) & 1 ? n : 0);
    int place[BATCH], key[BATCH];
    auto load = [&](int first) {  // the batch from `first` on; many loads at once hide their latency
      for (int j = 0; j < BATCH; j++) {
        int i = first + 32 * j + lane;
        place[j] = i >= end ? -1 : from ? from[i] : i;
      }
      for (int j = 0; j < BATCH; j++) {
        int id = place[j] < 0 ? 0 : ids[place[j]];
        key[j] = id < 0 ? rows : id;
      }
    };
    for (int i = (int)threadIdx.x; i < SORT_WARPS * DIGITS; i += (int)blockDim.x) {
      counts[i / DIGITS][i % DIGITS] = 0;
    }
    __syncthreads();
    for (int first = begin; first < end; first += 32 * BATCH) {
      load(first);
      for (int j = 0; j < BATCH; j++) {
        if (place[j] >= 0) atomicAdd(&counts[warp][key[j] >> shift & (DIGITS - 1)], 1);
      }
    }
    __syncthreads();
    scan_counts(counts, warpTotals);
    for (int first = begin; first < end; first += 32 * BATCH) {
      load(first);
      for (int j = 0; j < BATCH; j++) {
        bool valid = place[j] >= 0;
        int digit = key[j] >> shift & (DIGITS - 1);
        u32 same = __ballot_sync(~0u, valid);  // lanes with this digit
        for (int bit = 0; bit < 8; bit++) {
          u32 set = __ballot_sync(~0u, digit >> bit & 1);
          same &= digit >> bit & 1 ? set : ~set;
        }
        int earlier = __popc(same & ((1u << lane) - 1));
        int at = valid ? counts[warp][digit] + earlier : 0;
        __syncwarp();
        if (valid && earlier == 0) counts[warp][digit] += __popc(same);
        __syncwarp();
        if (valid) {
          to[at] = place[j];
          if (pass == passes - 1) work[2LL * n + at] = key[j];
        }
      }
    }
    __syncthreads();
    from = to;
  }
}

// --------------------------------------------------------------------------------------------- adding

constexpr int TILE = 16;

// What becomes of the sum at a place of the order.
enum Action { GO_ON, TO_TABLE, TO_HEADS, TO_TAILS, SKIP };

__device__ __forceinline__ int action_at(const int* sorted, int p, int begin, int end, int n, int rows) {
  int id = sorted[p];
  if (id == rows) return SKIP;
  bool sameNext = p + 1 < n && sorted[p + 1] == id;
  if (sameNext && p + 1 < end) return GO_ON;
  bool begunEarlier = begin > 0 && sorted[begin - 1] == id;
  return begunEarlier ? TO_HEADS : sameNext ? TO_TAILS : TO_TABLE;
}

template <class V>
__device__ __forceinline__ void add_tile(const V* __restrict__ y, const int* places, const int* rowsOf,
                                         const int* actions, V* __restrict__ table,
                                         V* __restrict__ heads, V* __restrict__ tails, int unit,
                                         int units) {
  V sum = zero<V>();
#pragma unroll
  for (int first = 0; first < TILE; first += BATCH) {
    V terms[BATCH], old[BATCH];
#pragma unroll
    for (int j = 0; j < BATCH; j++) {
      int action = actions[first + j];
      if (action != SKIP) terms[j] = y[(long long)places[first + j] * units + unit];
      if (action == TO_TABLE) old[j] = table[(long long)rowsOf[first + j] * units + unit];
    }
#pragma unroll
    for (int j = 0; j < BATCH; j++) {
      int action = actions[first + j];
      if (action == SKIP) continue;
      sum = plus(sum, terms[j]);
      if (action == GO_ON) continue;
      if (action == TO_TABLE) {
        table[(long long)rowsOf[first + j] * units + unit] = plus(old[j], sum);
      } else {
        (action == TO_HEADS ? heads : tails)[unit] = sum;
      }
      sum = zero<V>();
    }
  }
}

// Grid (tiles, blocks of blockDim units). sums is [2, tiles, cols]: heads, then tails.
extern "C" __global__ void scatter_tiles(int fours, const float* y, const int* work, float* table,
                                         float* sums, int n, int rows, int cols) {
  __shared__ int places[TILE], rowsOf[TILE], actions[TILE];
  const int *order = work, *sorted = work + 2LL * n;
  int begin = (int)blockIdx.x * TILE, end = min(n, begin + TILE);
  if (threadIdx.x < TILE) {
    int p = begin + (int)threadIdx.x;
    actions[threadIdx.x] = p < end ? action_at(sorted, p, begin, end, n, rows) : SKIP;
    places[threadIdx.x] = p < end ? order[p] : 0;
    rowsOf[threadIdx.x] = p < end ? sorted[p] : 0;
  }
  __syncthreads();
  int unit = (int)(blockIdx.y * blockDim.x + threadIdx.x);
  float* heads = sums + (long long)blockIdx.x * cols;
  float* tails = heads + (long long)gridDim.x * cols;
  if (fours && unit < cols / 4) {
    add_tile((const float4*)y, places, rowsOf, actions, (float4*)table, (float4*)heads, (float4*)tails,
             unit, cols / 4);
  } else if (!fours && unit < cols) {
    add_tile(y, places, rowsOf, actions, table, heads, tails, unit, cols);
  }
}

template <class V>
__device__ __forceinline__ void fold_run(const int* sorted, int id, const V* heads, const V* tails,
                                         V* table, int units, int width, V* shared) {
  BlockCell cell(width);
  int tile = (int)blockIdx.x, tiles = (int)gridDim.x;
  int unit = (int)blockIdx.y * width + cell.col;
  bool inside = !cell.idle() && unit < units;
  V sum = zero<V>();
  bool more = inside;
  for (int first = tile + 1 + cell.row; more; first += BATCH * cell.height) {
    bool same[BATCH];
#pragma unroll
    for (int j = 0; j < BATCH; j++) {  // the run goes through the tiles that begin with its id
      int t = first + j * cell.height;
      same[j] = t < tiles && sorted[(long long)t * TILE] == id;
    }
#pragma unroll
    for (int j = 0; j < BATCH; j++) {
      if (same[j]) sum = plus(sum, heads[(long long)(first + j * cell.height) * units + unit]);
    }
    more = same[BATCH - 1];
  }
  sum = fold_rows(sum, cell, shared);
  if (inside && cell.row == 0) {
    long long at = (long long)id * units + unit;
    table[at] = plus(table[at], plus(tails[(long long)tile * units + unit], sum));
  }
}

// Grid (tiles, blocks of `width` units). Shared: 16 bytes per thread with fours, otherwise 4.
extern "C" __global__ void scatter_fold(int fours, const int* work, const float* sums, float* table,
                                        int n, int rows, int cols, int width) {
  DYN_SHARED(float4, shared);
  const int* sorted = work + 2LL * n;
  int begin = (int)blockIdx.x * TILE, end = min(n, begin + TILE);
  if (action_at(sorted, end - 1, begin, end, n, rows) != TO_TAILS) return;
  const float* tails = sums + (long long)gridDim.x * cols;
  int id = sorted[end - 1];
  if (fours) {
    fold_run(sorted, id, (const float4*)sums, (const float4*)tails, (float4*)table, cols / 4, width,
             shared);
  } else {
    fold_run(sorted, id, sums, tails, table, cols, width, (float*)shared);
  }
}

KERNEL(gather_rows)
KERNEL(id_range)
KERNEL(scatter_sort)
KERNEL(scatter_tiles)
KERNEL(scatter_fold)
