// Stand-in for libcublas.so.12 and .13 (CUBLAS_MAJOR): handles and the four products that JCuda reaches.
//
// As strict as the documentation of cublasGemmEx: types that a GPU refuses together are refused here.
// TF32 math rounds the operands, so that the mode shows. Matrices must lie in live device memory.
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>

#include "stand_in.h"
#include "stand_in_gemm.h"

#define API STAND_IN_API int

using namespace stand_in;

enum Status {
  SUCCESS = 0,
  NOT_INITIALIZED = 1,
  INVALID_VALUE = 7,
  EXECUTION_FAILED = 13,
  NOT_SUPPORTED = 15
};
enum { R_32F = 0, R_16BF = 14 };                  // cudaDataType
enum { COMPUTE_32F = 68, COMPUTE_32F_PEDANTIC = 69, COMPUTE_32F_FAST_TF32 = 77 };
enum { DEFAULT_MATH = 0, PEDANTIC_MATH = 2, TF32_TENSOR_OP_MATH = 3 };

struct Handle {
  void* stream = nullptr;
  int math = DEFAULT_MATH;
  int pointerMode = 0;  // 0: alpha and beta on the host
};

static std::mutex guard;
static std::map<void*, std::unique_ptr<Handle>> handles;

static Handle* find(void* handle) {
  std::lock_guard<std::mutex> held(guard);
  auto found = handles.find(handle);
  return found == handles.end() ? nullptr : found->second.get();
}

#define ENTER(h)                  \
  Handle* h = find(handle);       \
  if (!h) return NOT_INITIALIZED

API cublasCreate_v2(void** handle) {
  std::lock_guard<std::mutex> held(guard);
  auto fresh = std::make_unique<Handle>();
  *handle = fresh.get();
  handles[*handle] = std::move(fresh);
  return SUCCESS;
}
API cublasDestroy_v2(void* handle) {
  std::lock_guard<std::mutex> held(guard);
  return handles.erase(handle) ? SUCCESS : NOT_INITIALIZED;
}
API cublasSetStream_v2(void* handle, void* stream) {
  ENTER(h);
  h->stream = stream;
  return SUCCESS;
}
API cublasGetStream_v2(void* handle, void** stream) {
  ENTER(h);
  *stream = h->stream;
  return SUCCESS;
}
API cublasSetWorkspace_v2(void* handle, void* workspace, size_t bytes) {
  ENTER(h);
  if (bytes && !mmib_stand_in_is_live(workspace, bytes, "cublasSetWorkspace")) return INVALID_VALUE;
  return (size_t)workspace % 256 ? INVALID_VALUE : SUCCESS;
}
API cublasSetMathMode(void* handle, int mode) {
  ENTER(h);
  int plain = mode & 0xf;  // the rest are flags
  if (plain != DEFAULT_MATH && plain != 1 && plain != PEDANTIC_MATH && plain != TF32_TENSOR_OP_MATH) {
    return INVALID_VALUE;
  }
  h->math = mode;
  return SUCCESS;
}
API cublasGetMathMode(void* handle, int* mode) {
  ENTER(h);
  *mode = h->math;
  return SUCCESS;
}
API cublasSetPointerMode_v2(void* handle, int mode) {
  ENTER(h);
  if (mode != 0 && mode != 1) return INVALID_VALUE;
  h->pointerMode = mode;
  return SUCCESS;
}
API cublasGetPointerMode_v2(void* handle, int* mode) {
  ENTER(h);
  *mode = h->pointerMode;
  return SUCCESS;
}
API cublasGetVersion_v2(void* handle, int* version) {
  ENTER(h);
  *version = CUBLAS_MAJOR * 10000;
  return SUCCESS;
}
API cublasGetProperty(int type, int* value) {
  if (type < 0 || type > 2) return INVALID_VALUE;
  *value = type == 0 ? CUBLAS_MAJOR : 0;
  return SUCCESS;
}

static const char* statusName(int status) {
  switch (status) {
    case SUCCESS: return "CUBLAS_STATUS_SUCCESS";
    case NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
    case EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
    case NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
    default: return "unknown";
  }
}
STAND_IN_API const char* cublasGetStatusName(int status) { return statusName(status); }
STAND_IN_API const char* cublasGetStatusString(int status) { return statusName(status); }

// ---- products

struct Operand {
  const void* memory;
  int type;
  int leading;
  long long stride;  // from one matrix of the batch to the next
};

static bool isKnown(int type) { return type == R_32F || type == R_16BF; }
static Type typeOf(int type) { return type == R_32F ? Type::FLOAT : Type::BFLOAT16; }

// Bytes from the first element of a batch of rows × columns to behind its last.
static size_t span(const Operand& x, long long rows, long long columns, int batch) {
  if (!rows || !columns || !batch) return 0;
  long long elements = (batch - 1) * x.stride + (columns - 1) * x.leading + rows;
  return (size_t)elements * bytesOf(typeOf(x.type));
}

struct Product {
  bool transA, transB;
  int m, n, k;
  Operand a, b, c;
  int batch;
  bool toTf32;

  bool isValid() const {
    int rowsA = transA ? k : m, rowsB = transB ? n : k;
    return m >= 0 && n >= 0 && k >= 0 && batch >= 0 && a.leading >= std::max(1, rowsA) &&
           b.leading >= std::max(1, rowsB) && c.leading >= std::max(1, m);
  }
  // `check` is asked about every operand.
  bool operands(bool (*check)(const void*, size_t, const char*)) const {
    if (!m || !n || !batch) return true;
    bool read = !k || (check(a.memory, span(a, transA ? k : m, transA ? m : k, batch), "A of GEMM") &&
                       check(b.memory, span(b, transB ? n : k, transB ? k : n, batch), "B of GEMM"));
    return read && check(c.memory, span(c, m, n, batch), "C of GEMM");
  }
  void run(float alpha, float beta) const {
    if (!operands(mmib_stand_in_touch)) return;
    size_t ea = bytesOf(typeOf(a.type)), eb = bytesOf(typeOf(b.type)), ec = bytesOf(typeOf(c.type));
    for (int i = 0; i < batch; i++) {
      Source from{(const char*)a.memory + i * a.stride * (long long)ea, typeOf(a.type), toTf32};
      Source with{(const char*)b.memory + i * b.stride * (long long)eb, typeOf(b.type), toTf32};
      Target into{(char*)c.memory + i * c.stride * (long long)ec, typeOf(c.type)};
      gemm(m, n, k, alpha, {from, transA, a.leading}, {with, transB, b.leading}, beta, into, c.leading);
    }
  }
};

static int multiply(void* handle, int opA, int opB, int m, int n, int k, const void* alpha, Operand a,
                    Operand b, const void* beta, Operand c, int batch, int compute) {
  ENTER(h);
  if (opA < 0 || opA > 2 || opB < 0 || opB > 2 || !alpha || !beta) return INVALID_VALUE;
  bool supported = isKnown(a.type) && a.type == b.type && isKnown(c.type) &&
                   (a.type == R_16BF || c.type == R_32F) &&
                   (compute == COMPUTE_32F || compute == COMPUTE_32F_PEDANTIC ||
                    (compute == COMPUTE_32F_FAST_TF32 && a.type == R_32F));
  if (!supported) return NOT_SUPPORTED;
  bool tf32 = (h->math & 0xf) == TF32_TENSOR_OP_MATH && compute == COMPUTE_32F;
  Product product{opA != 0, opB != 0, m, n, k, a, b, c, batch,
                  tf32 || compute == COMPUTE_32F_FAST_TF32};
  if (!product.isValid()) return INVALID_VALUE;
  if (!product.operands(mmib_stand_in_is_live)) return EXECUTION_FAILED;
  auto* alphaAt = (const float*)alpha;
  auto* betaAt = (const float*)beta;
  int status;
  if (h->pointerMode == 0) {
    float factor = *alphaAt, keep = *betaAt;  // the host's may change when the call has returned
    status = submit(h->stream, [=] { product.run(factor, keep); });
  } else {
    status = submit(h->stream, [=] {
      if (mmib_stand_in_touch(alphaAt, 4, "alpha of GEMM") && mmib_stand_in_touch(betaAt, 4, "beta")) {
        product.run(*alphaAt, *betaAt);
      }
    });
  }
  return status ? EXECUTION_FAILED : SUCCESS;
}

API cublasGemmEx(void* handle, int opA, int opB, int m, int n, int k, const void* alpha, const void* a,
                 int typeA, int lda, const void* b, int typeB, int ldb, const void* beta, void* c,
                 int typeC, int ldc, int compute, int /*algorithm*/) {
  return multiply(handle, opA, opB, m, n, k, alpha, {a, typeA, lda, 0}, {b, typeB, ldb, 0}, beta,
                  {c, typeC, ldc, 0}, 1, compute);
}
API cublasGemmStridedBatchedEx(void* handle, int opA, int opB, int m, int n, int k, const void* alpha,
                               const void* a, int typeA, int lda, long long strideA, const void* b,
                               int typeB, int ldb, long long strideB, const void* beta, void* c,
                               int typeC, int ldc, long long strideC, int batch, int compute,
                               int /*algorithm*/) {
  return multiply(handle, opA, opB, m, n, k, alpha, {a, typeA, lda, strideA}, {b, typeB, ldb, strideB},
                  beta, {c, typeC, ldc, strideC}, batch, compute);
}
API cublasSgemm_v2(void* handle, int opA, int opB, int m, int n, int k, const float* alpha,
                   const float* a, int lda, const float* b, int ldb, const float* beta, float* c,
                   int ldc) {
  return cublasGemmEx(handle, opA, opB, m, n, k, alpha, a, R_32F, lda, b, R_32F, ldb, beta, c, R_32F,
                      ldc, COMPUTE_32F, -1);
}
API cublasSgemmStridedBatched(void* handle, int opA, int opB, int m, int n, int k, const float* alpha,
                              const float* a, int lda, long long strideA, const float* b, int ldb,
                              long long strideB, const float* beta, float* c, int ldc,
                              long long strideC, int batch) {
  return cublasGemmStridedBatchedEx(handle, opA, opB, m, n, k, alpha, a, R_32F, lda, strideA, b, R_32F,
                                    ldb, strideB, beta, c, R_32F, ldc, strideC, batch, COMPUTE_32F, -1);
}
