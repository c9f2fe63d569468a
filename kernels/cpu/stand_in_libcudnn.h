// Inside the stand-in for libcudnn.so.9: status codes, descriptors, and memory seen through them.
#pragma once

#include <algorithm>
#include <vector>

#include "stand_in.h"
#include "stand_in_numbers.h"

#define API STAND_IN_API int

namespace stand_in {

// cudnnStatus_t of cuDNN 9, which numbers anew.
enum Status { SUCCESS = 0, BAD_PARAM = 2000, NOT_SUPPORTED = 3000, EXECUTION_FAILED = 5000 };
enum { DATA_FLOAT = 0, DATA_BFLOAT16 = 9 };                     // cudnnDataType_t
enum { DEFAULT_MATH = 0, FMA_MATH = 3 };                        // cudnnMathType_t
enum { FORMAT_NCHW = 0, FORMAT_NHWC = 1 };                      // cudnnTensorFormat_t

struct Handle {
  void* stream = nullptr;
};

// Of tensors [n, c, h, w] and of filters [k, c, r, s], with the distance of neighbours along each axis.
struct Tensor {
  int type = -1;  // not yet described
  int size[4] = {};
  long long stride[4] = {};

  long long elements() const { return (long long)size[0] * size[1] * size[2] * size[3]; }
  long long at(long long n, long long c, long long h, long long w) const {
    return n * stride[0] + c * stride[1] + h * stride[2] + w * stride[3];
  }
  Type numbers() const { return type == DATA_FLOAT ? Type::FLOAT : Type::BFLOAT16; }
  size_t bytes() const {
    return (size_t)(at(size[0] - 1, size[1] - 1, size[2] - 1, size[3] - 1) + 1) * bytesOf(numbers());
  }
  bool sameSize(const Tensor& other) const {
    return std::equal(size, size + 4, other.size);
  }
};

struct Convolution {
  int pad[2], step[2], dilation[2];  // of height and width
  int mode;                          // 1: cross-correlation
  int computeType;
  int math = DEFAULT_MATH;
  int groups = 1;
};

struct Pooling {
  int mode;  // 0 max, 1 average that counts padding, 2 one that does not, 3 max
  int window[2], pad[2], step[2];
};

// One operand of a call: a description and where the numbers are.
struct Operand {
  Tensor tensor;
  const void* memory;
  const char* name;

  bool isLive() const { return mmib_stand_in_is_live(memory, tensor.bytes(), name); }
  bool touch() const { return mmib_stand_in_touch(memory, tensor.bytes(), name); }
  Source source() const { return {memory, tensor.numbers()}; }
  Target target() const { return {(void*)memory, tensor.numbers()}; }

  // All numbers, in the order n, c, h, w.
  std::vector<float> dense(bool toTf32 = false) const {
    Source from{memory, tensor.numbers(), toTf32};
    std::vector<float> all;
    all.reserve(tensor.elements());
    each([&](long long at) { all.push_back(from[at]); });
    return all;
  }
  template <class F>
  void each(F use) const {
    const int* size = tensor.size;
    for (int n = 0; n < size[0]; n++) {
      for (int c = 0; c < size[1]; c++) {
        for (int h = 0; h < size[2]; h++) {
          for (int w = 0; w < size[3]; w++) use(tensor.at(n, c, h, w));
        }
      }
    }
  }
  // factor · values + keep · what was there.
  template <class T>
  void put(const std::vector<T>& values, float factor, float keep) const {
    Target into = target();
    size_t i = 0;
    each([&](long long at) { into.put(at, factor, values[i++], keep); });
  }
};

// Checks the operands now, and again when the work runs.
template <class Run>
int submitOn(Handle* handle, std::vector<Operand> operands, Run run) {
  for (const Operand& x : operands) {
    if (!x.isLive()) return EXECUTION_FAILED;
  }
  int status = submit(handle->stream, [=] {
    for (const Operand& x : operands) {
      if (!x.touch()) return;
    }
    run();
  });
  return status ? EXECUTION_FAILED : SUCCESS;
}

inline float scalar(const void* host) { return *(const float*)host; }

}  // namespace stand_in
