// Tensor-core and asynchronous-copy primitives: PTX under nvcc, an emulation under g++.
//
// The emulation follows the documented lane layouts of mma.m16n8k16, ldmatrix and cp.async; it does not
// show the rounding order of real tensor cores, nor a missing wait for an asynchronous copy.
#pragma once

#include "device.cuh"

#ifdef __CUDACC__

// d[16,8] += a[16,16] · b[16,8], bf16 in, f32 out, one fragment per lane.
__device__ __forceinline__ void mma_m16n8k16(float* d, const uint32_t* a, const uint32_t* b) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Four 8x8 matrices of 16-bit values; lane l gives the address of row l % 8 of matrix l / 8.
__device__ __forceinline__ void load_matrix_x4(uint32_t* r, const void* row) {
  uint32_t s = (uint32_t)__cvta_generic_to_shared(row);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3},[%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(s)
               : "memory");
}

__device__ __forceinline__ void load_matrix_x4_transposed(uint32_t* r, const void* row) {
  uint32_t s = (uint32_t)__cvta_generic_to_shared(row);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3},[%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(s)
               : "memory");
}

__device__ __forceinline__ void copy_async_16(void* shared, const void* global) {
  uint32_t s = (uint32_t)__cvta_generic_to_shared(shared);
  asm volatile("cp.async.cg.shared.global [%0],[%1],16;\n" ::"r"(s), "l"(global) : "memory");
}

__device__ __forceinline__ void copy_async_wait() {
  asm volatile("cp.async.commit_group;\ncp.async.wait_group 0;\n" ::: "memory");
}

#else  // the emulation

static inline float bf16_half(uint32_t pair, int high) {
  return __bfloat162float({(uint16_t)(high ? pair >> 16 : pair)});
}

static inline void mma_m16n8k16(float* d, const uint32_t* a, const uint32_t* b) {
  struct Fragment {
    float* d;
    const uint32_t *a, *b;
  } self{d, a, b};
  cpucuda::collective(~0u, &self, [](void** lanes, unsigned) {
    float A[16][16], B[16][8], D[16][8];
    for (int l = 0; l < 32; l++) {
      Fragment& f = *(Fragment*)lanes[l];
      int group = l >> 2, member = l & 3;
      for (int i = 0; i < 4; i++) {
        for (int half = 0; half < 2; half++) {
          A[group + (i & 1) * 8][member * 2 + half + (i >> 1) * 8] = bf16_half(f.a[i], half);
        }
      }
      for (int i = 0; i < 2; i++) {
        for (int half = 0; half < 2; half++) {
          B[member * 2 + half + i * 8][group] = bf16_half(f.b[i], half);
        }
      }
      for (int i = 0; i < 4; i++) D[group + (i >> 1) * 8][member * 2 + (i & 1)] = f.d[i];
    }
    for (int i = 0; i < 16; i++) {
      for (int j = 0; j < 8; j++) {
        for (int k = 0; k < 16; k++) D[i][j] += A[i][k] * B[k][j];
      }
    }
    for (int l = 0; l < 32; l++) {
      Fragment& f = *(Fragment*)lanes[l];
      int group = l >> 2, member = l & 3;
      for (int i = 0; i < 4; i++) f.d[i] = D[group + (i >> 1) * 8][member * 2 + (i & 1)];
    }
  });
}

template <bool Transposed>
static inline void load_matrix_emulated(uint32_t* r, const void* row) {
  struct Lane {
    uint32_t* r;
    const void* row;
  } self{r, row};
  cpucuda::collective(~0u, &self, [](void** lanes, unsigned) {
    for (int m = 0; m < 4; m++) {
      uint16_t M[8][8];
      for (int i = 0; i < 8; i++) memcpy(M[i], ((Lane*)lanes[m * 8 + i])->row, 16);
      for (int l = 0; l < 32; l++) {
        int group = l >> 2, member = l & 3;
        uint32_t low = Transposed ? M[member * 2][group] : M[group][member * 2];
        uint32_t high = Transposed ? M[member * 2 + 1][group] : M[group][member * 2 + 1];
        ((Lane*)lanes[l])->r[m] = low | high << 16;
      }
    }
  });
}

static inline void load_matrix_x4(uint32_t* r, const void* row) { load_matrix_emulated<false>(r, row); }
static inline void load_matrix_x4_transposed(uint32_t* r, const void* row) {
  load_matrix_emulated<true>(r, row);
}
static inline void copy_async_16(void* shared, const void* global) { memcpy(shared, global, 16); }
static inline void copy_async_wait() {}

#endif
