/* Multiply-adds that wait for nothing but the units that do them: twelve independent sums in registers. */
#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX__)
#define WIDTH 8
#else
#define WIDTH 4
#endif

typedef float vector __attribute__((vector_size(4 * WIDTH)));

long fma_operations_per_turn(void) { return 2 * WIDTH * 12; }

float fma_turns(long turns) {
  vector factor = (vector){} + 0.999999f, term = (vector){} + 1e-6f;
  vector a = term, b = a + term, c = b + term, d = c + term, e = d + term, f = e + term;
  vector g = f + term, h = g + term, i = h + term, j = i + term, k = j + term, l = k + term;
  for (long t = 0; t < turns; t++) {
    a = a * factor + term;
    b = b * factor + term;
    c = c * factor + term;
    d = d * factor + term;
    e = e * factor + term;
    f = f * factor + term;
    g = g * factor + term;
    h = h * factor + term;
    i = i * factor + term;
    j = j * factor + term;
    k = k * factor + term;
    l = l * factor + term;
  }
  vector all = a + b + c + d + e + f + g + h + i + j + k + l;
  return all[0];
}
