// Stand-in for libcudnn.so.9: convolutions,
//   y[n,k,p,q] = Σ_{c,r,s} x[n, c, p·step−pad+r·dilation, q·step−pad+s·dilation] · w[k,c,r,s]
// and the derivatives, in plain loops that sum in double. Floats are rounded to TF32 first unless the
// math type is FMA: that is cuDNN's default, and easily overlooked.
#include <algorithm>

#include "stand_in_libcudnn.h"

namespace stand_in {

// The sizes of one convolution, and which elements meet.
struct Geometry {
  int batch, in[3], out[3], filter[2], groups;  // in: c, h, w; out: k, p, q; filter: r, s
  Convolution conv;

  int inPerGroup() const { return in[0] / groups; }
  int outPerGroup() const { return out[0] / groups; }
  size_t inPlane() const { return (size_t)in[1] * in[2]; }
  size_t outPlane() const { return (size_t)out[1] * out[2]; }
  size_t weight(int k, int c, int r, int s) const {
    return (((size_t)k * inPerGroup() + c) * filter[0] + r) * filter[1] + s;
  }
  // For tap (r, s), every row of outputs that sees the input: use(outputs, inputs, count), the first
  // output and the first input within their planes; outputs are neighbours, inputs a step apart.
  template <class F>
  void rows(int r, int s, F use) const {
    int shift = s * conv.dilation[1] - conv.pad[1], step = conv.step[1];
    int first = shift >= 0 ? 0 : (-shift + step - 1) / step;
    int end = std::min(out[2], in[2] <= shift ? 0 : (in[2] - shift - 1) / step + 1);
    if (first >= end) return;
    for (int p = 0; p < out[1]; p++) {
      int h = p * conv.step[0] - conv.pad[0] + r * conv.dilation[0];
      if (h < 0 || h >= in[1]) continue;
      use((size_t)p * out[2] + first, (size_t)h * in[2] + shift + first * step, end - first);
    }
  }
};

static int outSize(const Convolution& conv, const Tensor& x, const Tensor& w, int axis) {
  int reach = conv.dilation[axis] * (w.size[2 + axis] - 1) + 1;
  return (x.size[2 + axis] + 2 * conv.pad[axis] - reach) / conv.step[axis] + 1;
}

// Whether the four descriptions fit, as cuDNN asks.
static int describe(const Tensor* x, const Tensor* w, const Convolution* conv, const Tensor* y,
                    Geometry& g) {
  if (!x || !w || !conv || !y || x->type < 0 || w->type < 0 || y->type < 0) return BAD_PARAM;
  if (x->type != w->type || x->type != y->type || conv->mode != 1) return NOT_SUPPORTED;
  int groups = conv->groups;
  bool fits = x->size[1] == w->size[1] * groups && w->size[0] % groups == 0 &&
              y->size[0] == x->size[0] && y->size[1] == w->size[0] &&
              y->size[2] == outSize(*conv, *x, *w, 0) && y->size[3] == outSize(*conv, *x, *w, 1);
  if (!fits) return BAD_PARAM;
  g = {x->size[0],           {x->size[1], x->size[2], x->size[3]}, {y->size[1], y->size[2], y->size[3]},
       {w->size[2], w->size[3]}, groups, *conv};
  return SUCCESS;
}

// Algorithm 0 takes no workspace, 1 takes some; backwards only 1 counts as deterministic.
static int workspaceBytes(const Geometry& g, int algorithm, size_t* bytes) {
  if (algorithm < 0 || algorithm > 1) return NOT_SUPPORTED;
  *bytes = algorithm ? (size_t)4 * g.inPerGroup() * g.filter[0] * g.filter[1] * g.out[2] : 0;
  return SUCCESS;
}

struct Workspace {
  void* memory = nullptr;
  size_t bytes = 0;

  // Its contents are lost, which shows if something else lies there.
  void spoil() const {
    if (bytes && mmib_stand_in_touch(memory, bytes, "workspace")) memset(memory, 0xCB, bytes);
  }
};

static int claim(const Geometry& g, int algorithm, void* memory, size_t bytes, Workspace& space) {
  size_t needed;
  if (int refused = workspaceBytes(g, algorithm, &needed)) return refused;
  if (needed > bytes || (size_t)memory % 16) return BAD_PARAM;
  if (needed && !mmib_stand_in_is_live(memory, needed, "workspace")) return BAD_PARAM;
  space = {memory, needed};
  return SUCCESS;
}

static std::vector<double> forward(const Geometry& g, const std::vector<float>& x,
                                   const std::vector<float>& w) {
  std::vector<double> y((size_t)g.batch * g.out[0] * g.outPlane());
  int step = g.conv.step[1];
  for (int n = 0; n < g.batch; n++) {
    for (int k = 0; k < g.out[0]; k++) {
      double* to = &y[((size_t)n * g.out[0] + k) * g.outPlane()];
      for (int c = 0; c < g.inPerGroup(); c++) {
        int channel = k / g.outPerGroup() * g.inPerGroup() + c;
        const float* from = &x[((size_t)n * g.in[0] + channel) * g.inPlane()];
        for (int tap = 0; tap < g.filter[0] * g.filter[1]; tap++) {
          int r = tap / g.filter[1], s = tap % g.filter[1];
          double factor = w[g.weight(k, c, r, s)];
          g.rows(r, s, [&](size_t out, size_t in, int count) {
            for (int i = 0; i < count; i++) to[out + i] += factor * from[in + (size_t)i * step];
          });
        }
      }
    }
  }
  return y;
}

static std::vector<double> backwardData(const Geometry& g, const std::vector<float>& w,
                                        const std::vector<float>& dy) {
  std::vector<double> dx((size_t)g.batch * g.in[0] * g.inPlane());
  int step = g.conv.step[1];
  for (int n = 0; n < g.batch; n++) {
    for (int k = 0; k < g.out[0]; k++) {
      const float* from = &dy[((size_t)n * g.out[0] + k) * g.outPlane()];
      for (int c = 0; c < g.inPerGroup(); c++) {
        int channel = k / g.outPerGroup() * g.inPerGroup() + c;
        double* to = &dx[((size_t)n * g.in[0] + channel) * g.inPlane()];
        for (int tap = 0; tap < g.filter[0] * g.filter[1]; tap++) {
          int r = tap / g.filter[1], s = tap % g.filter[1];
          double factor = w[g.weight(k, c, r, s)];
          g.rows(r, s, [&](size_t out, size_t in, int count) {
            for (int i = 0; i < count; i++) to[in + (size_t)i * step] += factor * from[out + i];
          });
        }
      }
    }
  }
  return dx;
}

static std::vector<double> backwardFilter(const Geometry& g, const std::vector<float>& x,
                                          const std::vector<float>& dy) {
  int taps = g.filter[0] * g.filter[1], step = g.conv.step[1];
  std::vector<double> dw((size_t)g.out[0] * g.inPerGroup() * taps);
  for (int n = 0; n < g.batch; n++) {
    for (int k = 0; k < g.out[0]; k++) {
      const float* up = &dy[((size_t)n * g.out[0] + k) * g.outPlane()];
      for (int c = 0; c < g.inPerGroup(); c++) {
        int channel = k / g.outPerGroup() * g.inPerGroup() + c;
        const float* from = &x[((size_t)n * g.in[0] + channel) * g.inPlane()];
        for (int tap = 0; tap < taps; tap++) {
          double sum = 0;
          g.rows(tap / g.filter[1], tap % g.filter[1], [&](size_t out, size_t in, int count) {
            for (int i = 0; i < count; i++) sum += (double)up[out + i] * from[in + (size_t)i * step];
          });
          dw[g.weight(k, c, tap / g.filter[1], tap % g.filter[1])] += sum;
        }
      }
    }
  }
  return dw;
}

// The layout of cudnnConvolution…AlgoPerf_t.
struct Performance {
  int algorithm, status;
  float milliseconds;
  size_t memory;
  int determinism, math, reserved[3];
};

static int choose(const Tensor* x, const Tensor* w, const Convolution* conv, const Tensor* y,
                  bool backwards, int requested, int* returned, Performance* results) {
  Geometry g;
  if (int refused = describe(x, w, conv, y, g)) return refused;
  if (requested < 1 || !returned || !results) return BAD_PARAM;
  *returned = std::min(requested, 2);
  for (int i = 0; i < *returned; i++) {
    results[i] = {i, SUCCESS, 1.f + (float)i, 0, i == 1 || !backwards, conv->math, {}};
    workspaceBytes(g, i, &results[i].memory);
  }
  return SUCCESS;
}

static int workspaceSize(const Tensor* x, const Tensor* w, const Convolution* conv, const Tensor* y,
                         int algorithm, size_t* bytes) {
  Geometry g;
  if (int refused = describe(x, w, conv, y, g)) return refused;
  return workspaceBytes(g, algorithm, bytes);
}

}  // namespace stand_in

using namespace stand_in;

API cudnnGetConvolution2dForwardOutputDim(const Convolution* conv, const Tensor* x, const Tensor* w, int* n,
                                          int* c, int* h, int* width) {
  if (!conv || !x || !w || x->type < 0 || w->type < 0) return BAD_PARAM;
  *n = x->size[0];
  *c = w->size[0];
  *h = outSize(*conv, *x, *w, 0);
  *width = outSize(*conv, *x, *w, 1);
  return SUCCESS;
}

// ---- the work

API cudnnConvolutionForward(Handle* handle, const void* alpha, const Tensor* xDesc, const void* x,
                            const Tensor* wDesc, const void* w, const Convolution* conv, int algorithm,
                            void* workspace, size_t bytes, const void* beta, const Tensor* yDesc, void* y) {
  Geometry g;
  Workspace space;
  if (int refused = describe(xDesc, wDesc, conv, yDesc, g)) return refused;
  if (int refused = claim(g, algorithm, workspace, bytes, space)) return refused;
  Operand in{*xDesc, x, "x of convolution"}, by{*wDesc, w, "w of convolution"};
  Operand out{*yDesc, y, "y of convolution"};
  float factor = scalar(alpha), keep = scalar(beta);
  return submitOn(handle, {in, by, out}, [=] {
    bool tf32 = g.conv.math != FMA_MATH;
    space.spoil();
    out.put(forward(g, in.dense(tf32), by.dense(tf32)), factor, keep);
  });
}
API cudnnConvolutionBackwardData(Handle* handle, const void* alpha, const Tensor* wDesc, const void* w,
                                 const Tensor* dyDesc, const void* dy, const Convolution* conv,
                                 int algorithm, void* workspace, size_t bytes, const void* beta,
                                 const Tensor* dxDesc, void* dx) {
  Geometry g;
  Workspace space;
  if (int refused = describe(dxDesc, wDesc, conv, dyDesc, g)) return refused;
  if (int refused = claim(g, algorithm, workspace, bytes, space)) return refused;
  Operand by{*wDesc, w, "w of convolution"}, up{*dyDesc, dy, "dy of convolution"};
  Operand out{*dxDesc, dx, "dx of convolution"};
  float factor = scalar(alpha), keep = scalar(beta);
  return submitOn(handle, {by, up, out}, [=] {
    bool tf32 = g.conv.math != FMA_MATH;
    space.spoil();
    out.put(backwardData(g, by.dense(tf32), up.dense(tf32)), factor, keep);
  });
}
API cudnnConvolutionBackwardFilter(Handle* handle, const void* alpha, const Tensor* xDesc, const void* x,
                                   const Tensor* dyDesc, const void* dy, const Convolution* conv,
                                   int algorithm, void* workspace, size_t bytes, const void* beta,
                                   const Tensor* dwDesc, void* dw) {
  Geometry g;
  Workspace space;
  if (int refused = describe(xDesc, dwDesc, conv, dyDesc, g)) return refused;
  if (int refused = claim(g, algorithm, workspace, bytes, space)) return refused;
  Operand in{*xDesc, x, "x of convolution"}, up{*dyDesc, dy, "dy of convolution"};
  Operand out{*dwDesc, dw, "dw of convolution"};
  float factor = scalar(alpha), keep = scalar(beta);
  return submitOn(handle, {in, up, out}, [=] {
    bool tf32 = g.conv.math != FMA_MATH;
    space.spoil();
    out.put(backwardFilter(g, in.dense(tf32), up.dense(tf32)), factor, keep);
  });
}
API cudnnConvolutionBackwardBias(Handle* handle, const void* alpha, const Tensor* dyDesc, const void* dy,
                                 const void* beta, const Tensor* dbDesc, void* db) {
  if (!dyDesc || !dbDesc || dyDesc->type < 0 || dbDesc->type != dyDesc->type) return BAD_PARAM;
  if (dbDesc->size[1] != dyDesc->size[1] || dbDesc->elements() != dbDesc->size[1]) return BAD_PARAM;
  Operand up{*dyDesc, dy, "dy of bias"}, out{*dbDesc, db, "db"};
  float factor = scalar(alpha), keep = scalar(beta);
  return submitOn(handle, {up, out}, [=] {
    std::vector<float> all = up.dense();
    std::vector<double> sums(up.tensor.size[1]);
    size_t plane = (size_t)up.tensor.size[2] * up.tensor.size[3];
    for (size_t i = 0; i < all.size(); i++) sums[i / plane % sums.size()] += all[i];
    out.put(sums, factor, keep);
  });
}

// ---- algorithms and their workspace: by heuristics or by trying makes no difference here

#define ALGORITHMS(KIND, BACKWARDS, FIRST, SECOND, THIRD, X, W, Y)                                        \
  API cudnnGetConvolution##KIND##Algorithm_v7(Handle*, const Tensor* FIRST, const Tensor* SECOND,         \
                                              const Convolution* conv, const Tensor* THIRD, int requested, \
                                              int* returned, Performance* results) {                      \
    return choose(X, W, conv, Y, BACKWARDS, requested, returned, results);                                \
  }                                                                                                       \
  API cudnnFindConvolution##KIND##Algorithm(Handle*, const Tensor* FIRST, const Tensor* SECOND,           \
                                            const Convolution* conv, const Tensor* THIRD, int requested,   \
                                            int* returned, Performance* results) {                        \
    return choose(X, W, conv, Y, BACKWARDS, requested, returned, results);                                \
  }                                                                                                       \
  API cudnnFindConvolution##KIND##AlgorithmEx(                                                            \
      Handle*, const Tensor* FIRST, const void*, const Tensor* SECOND, const void*, const Convolution* conv, \
      const Tensor* THIRD, void*, int requested, int* returned, Performance* results, void*, size_t) {    \
    return choose(X, W, conv, Y, BACKWARDS, requested, returned, results);                                \
  }                                                                                                       \
  API cudnnGetConvolution##KIND##WorkspaceSize(Handle*, const Tensor* FIRST, const Tensor* SECOND,        \
                                               const Convolution* conv, const Tensor* THIRD,              \
                                               int algorithm, size_t* bytes) {                            \
    return workspaceSize(X, W, conv, Y, algorithm, bytes);                                                \
  }                                                                                                       \
  API cudnnGetConvolution##KIND##AlgorithmMaxCount(Handle*, int* count) {                                 \
    *count = 2;                                                                                           \
    return SUCCESS;                                                                                       \
  }

ALGORITHMS(Forward, false, x, w, y, x, w, y)
ALGORITHMS(BackwardData, true, w, dy, dx, dx, w, dy)
ALGORITHMS(BackwardFilter, true, x, dy, dw, x, dw, dy)
