// c = alpha op(a) op(b) + beta c, column-major, in tiles of 16 × 4 that stay in registers.
#pragma once

#include <algorithm>
#include <vector>

#include "stand_in_numbers.h"

namespace stand_in {

struct Matrix {
  Source values;
  bool transposed;
  long long leading;  // from one column to the next

  float at(long long row, long long column) const {
    return transposed ? values[column + row * leading] : values[row + column * leading];
  }
};

constexpr int TILE_ROWS = 16, TILE_COLUMNS = 4, DEPTH = 256;
typedef float Eight __attribute__((vector_size(32)));

// sum[j][i] = Σ_p a[p][i] b[p][j] of packed panels.
inline __attribute__((always_inline)) void multiplyPanels(int k, const float* a, const float* b,
                                                          float* sum) {
  Eight low[TILE_COLUMNS] = {}, high[TILE_COLUMNS] = {}, low4[TILE_COLUMNS], high4[TILE_COLUMNS];
  for (int from = 0; from < k; from += DEPTH) {  // partial sums keep the rounding error small
    for (int j = 0; j < TILE_COLUMNS; j++) low4[j] = high4[j] = Eight{};
    for (int p = from; p < std::min(k, from + DEPTH); p++) {
      Eight a0, a1;
      memcpy(&a0, a + (size_t)p * TILE_ROWS, 32);
      memcpy(&a1, a + (size_t)p * TILE_ROWS + 8, 32);
      for (int j = 0; j < TILE_COLUMNS; j++) {
        low4[j] += a0 * b[(size_t)p * TILE_COLUMNS + j];
        high4[j] += a1 * b[(size_t)p * TILE_COLUMNS + j];
      }
    }
    for (int j = 0; j < TILE_COLUMNS; j++) {
      low[j] += low4[j];
      high[j] += high4[j];
    }
  }
  for (int j = 0; j < TILE_COLUMNS; j++) {
    memcpy(sum + j * TILE_ROWS, &low[j], 32);
    memcpy(sum + j * TILE_ROWS + 8, &high[j], 32);
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) inline void multiplyPanelsAvx2(int k, const float* a,
                                                                   const float* b, float* sum) {
  multiplyPanels(k, a, b, sum);
}
#endif
inline void multiplyPanelsPlain(int k, const float* a, const float* b, float* sum) {
  multiplyPanels(k, a, b, sum);
}

// Panels of `width` rows of `rows` × k, each stored p by p, the last one filled up with zeros.
template <class At>
inline std::vector<float> pack(int rows, int k, int width, At at) {
  std::vector<float> panels((size_t)((rows + width - 1) / width) * width * k, 0.f);
  for (int first = 0; first < rows; first += width) {
    float* panel = panels.data() + (size_t)first * k;
    for (int p = 0; p < k; p++) {
      for (int r = first; r < std::min(rows, first + width); r++) {
        panel[(size_t)p * width + r - first] = at(r, p);
      }
    }
  }
  return panels;
}

inline void gemm(int m, int n, int k, float alpha, const Matrix& a, const Matrix& b, float beta,
                 Target c, long long leading) {
  auto kernel = multiplyPanelsPlain;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernel = multiplyPanelsAvx2;
#endif
  auto left = pack(m, k, TILE_ROWS, [&](int r, int p) { return a.at(r, p); });
  auto right = pack(n, k, TILE_COLUMNS, [&](int r, int p) { return b.at(p, r); });
  float sum[TILE_ROWS * TILE_COLUMNS];
  for (int j = 0; j < n; j += TILE_COLUMNS) {
    for (int i = 0; i < m; i += TILE_ROWS) {
      kernel(k, left.data() + (size_t)i * k, right.data() + (size_t)j * k, sum);
      for (int column = j; column < std::min(n, j + TILE_COLUMNS); column++) {
        for (int row = i; row < std::min(m, i + TILE_ROWS); row++) {
          float value = sum[(column - j) * TILE_ROWS + row - i];
          c.put(row + column * leading, alpha, value, beta);
        }
      }
    }
  }
}

}  // namespace stand_in
