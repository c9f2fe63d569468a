// Numbers as tensor cores take them: bfloat16, and floats rounded to TF32. Memory is read and written
// through typed views, so that the loops of the stand-ins are written once.
#pragma once

#include <cstdint>
#include <cstring>

namespace stand_in {

enum class Type { FLOAT, BFLOAT16 };

inline size_t bytesOf(Type type) { return type == Type::FLOAT ? 4 : 2; }

inline float floatOf(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}
inline uint32_t bitsOf(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}
inline bool isNan(uint32_t bits) { return (bits & 0x7fffffff) > 0x7f800000; }

// To nearest, ties to even.
inline uint16_t bfloat16(float x) {
  uint32_t bits = bitsOf(x);
  if (isNan(bits)) return (uint16_t)((bits >> 16) | 0x40);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// TF32 keeps 10 of 23 bits behind the point: to nearest, ties away from zero.
inline float tf32(float x) {
  uint32_t bits = bitsOf(x);
  if ((bits & 0x7f800000) == 0x7f800000) return x;
  return floatOf((bits + 0x1000) & 0xffffe000);
}

struct Source {
  const void* memory;
  Type type;
  bool toTf32 = false;

  float operator[](long long i) const {
    if (type == Type::BFLOAT16) return floatOf((uint32_t)((const uint16_t*)memory)[i] << 16);
    float x = ((const float*)memory)[i];
    return toTf32 ? tf32(x) : x;
  }
};

struct Target {
  void* memory;
  Type type;

  // factor · value + keep · what was there, which is not read if `keep` is 0.
  void put(long long i, float factor, double value, float keep) const {
    float result = (float)(factor * value);
    if (keep != 0) result += keep * Source{memory, type}[i];
    if (type == Type::BFLOAT16) ((uint16_t*)memory)[i] = bfloat16(result);
    else ((float*)memory)[i] = result;
  }
};

}  // namespace stand_in
