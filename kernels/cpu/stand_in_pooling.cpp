// Stand-in for libcudnn.so.9: pooling, batch normalization and addition, in plain loops.
#include <algorithm>
#include <cmath>
#include <limits>

#include "stand_in_libcudnn.h"

namespace stand_in {

// The window of output (p, q), cut off at the borders of x.
struct Window {
  int top, bottom, left, right, all;

  Window(const Pooling& pool, const Tensor& x, int p, int q) {
    int h = p * pool.step[0] - pool.pad[0], w = q * pool.step[1] - pool.pad[1];
    top = std::max(h, 0);
    left = std::max(w, 0);
    bottom = std::min(h + pool.window[0], x.size[2]);
    right = std::min(w + pool.window[1], x.size[3]);
    all = pool.window[0] * pool.window[1];
  }
  int seen() const { return std::max(0, bottom - top) * std::max(0, right - left); }
};

template <class F>
static void eachWindow(const Pooling& pool, const Tensor& x, const Tensor& y, F use) {
  for (int plane = 0; plane < y.size[0] * y.size[1]; plane++) {
    for (int p = 0; p < y.size[2]; p++) {
      for (int q = 0; q < y.size[3]; q++) {
        size_t out = ((size_t)plane * y.size[2] + p) * y.size[3] + q;
        use(Window(pool, x, p, q), (size_t)plane * x.size[2] * x.size[3], out);
      }
    }
  }
}

static bool isMax(const Pooling& pool) { return pool.mode == 0 || pool.mode == 3; }

// The first of the largest elements of a window, as an index into x; -1 for an empty window.
static long long largest(const std::vector<float>& x, int width, const Window& window, size_t plane) {
  long long best = -1;
  for (int h = window.top; h < window.bottom; h++) {
    for (int w = window.left; w < window.right; w++) {
      long long at = (long long)plane + (long long)h * width + w;
      if (best < 0 || x[at] > x[best] || std::isnan(x[at])) best = at;
    }
  }
  return best;
}

static int fits(const Pooling* pool, const Tensor* x, const Tensor* y) {
  if (!pool || !x || !y || x->type < 0 || y->type != x->type) return BAD_PARAM;
  for (int axis = 0; axis < 2; axis++) {
    int size = 1 + (x->size[2 + axis] + 2 * pool->pad[axis] - pool->window[axis]) / pool->step[axis];
    if (y->size[2 + axis] != size || y->size[axis] != x->size[axis]) return BAD_PARAM;
  }
  return SUCCESS;
}

// What batch normalization reads and writes per channel: [1, c, 1, 1] floats.
static bool isPerChannel(const Tensor* parameters, const Tensor* x) {
  return parameters && x && x->type >= 0 && parameters->type == DATA_FLOAT &&
         parameters->size[1] == x->size[1] && parameters->elements() == x->size[1];
}

static const int SPATIAL = 1, SPATIAL_PERSISTENT = 2;
static bool isSpatial(int mode) { return mode == SPATIAL || mode == SPATIAL_PERSISTENT; }

struct Statistics {
  std::vector<double> mean, invStd, variance;
};

static size_t channelOf(size_t i, const Tensor& x) {
  return i / ((size_t)x.size[2] * x.size[3]) % x.size[1];
}

static Statistics statistics(const std::vector<float>& x, const Tensor& tensor, double epsilon) {
  size_t channels = tensor.size[1];
  Statistics s{std::vector<double>(channels), std::vector<double>(channels), std::vector<double>(channels)};
  double count = (double)x.size() / channels;
  for (size_t i = 0; i < x.size(); i++) s.mean[channelOf(i, tensor)] += x[i] / count;
  for (size_t i = 0; i < x.size(); i++) {
    double off = x[i] - s.mean[channelOf(i, tensor)];
    s.variance[channelOf(i, tensor)] += off * off / count;
  }
  for (size_t c = 0; c < channels; c++) s.invStd[c] = 1 / std::sqrt(s.variance[c] + epsilon);
  return s;
}

}  // namespace stand_in

using namespace stand_in;

API cudnnPoolingForward(Handle* handle, const Pooling* pool, const void* alpha, const Tensor* xDesc,
                        const void* x, const void* beta, const Tensor* yDesc, void* y) {
  if (int refused = fits(pool, xDesc, yDesc)) return refused;
  Operand in{*xDesc, x, "x of pooling"}, out{*yDesc, y, "y of pooling"};
  float factor = scalar(alpha), keep = scalar(beta);
  return submitOn(handle, {in, out}, [=, pool = *pool] {
    std::vector<float> from = in.dense();
    std::vector<double> to(out.tensor.elements());
    int width = in.tensor.size[3];
    eachWindow(pool, in.tensor, out.tensor, [&](Window window, size_t plane, size_t at) {
      if (isMax(pool)) {
        long long best = largest(from, width, window, plane);
        to[at] = best < 0 ? -std::numeric_limits<double>::infinity() : from[best];
        return;
      }
      double sum = 0;
      for (int h = window.top; h < window.bottom; h++) {
        for (int w = window.left; w < window.right; w++) sum += from[plane + (size_t)h * width + w];
      }
      to[at] = sum / (pool.mode == 1 ? window.all : window.seen());
    });
    out.put(to, factor, keep);
  });
}
API cudnnPoolingBackward(Handle* handle, const Pooling* pool, const void* alpha, const Tensor* yDesc,
                         const void* y, const Tensor* dyDesc, const void* dy, const Tensor* xDesc,
                         const void* x, const void* beta, const Tensor* dxDesc, void* dx) {
  if (int refused = fits(pool, xDesc, yDesc)) return refused;
  if (int refused = fits(pool, dxDesc, dyDesc)) return refused;
  Operand was{*yDesc, y, "y of pooling"}, up{*dyDesc, dy, "dy of pooling"}, in{*xDesc, x, "x of pooling"},
      out{*dxDesc, dx, "dx of pooling"};
  float factor = scalar(alpha), keep = scalar(beta);
  return submitOn(handle, {was, up, in, out}, [=, pool = *pool] {
    std::vector<float> from = in.dense(), upstream = up.dense();
    std::vector<double> to(out.tensor.elements());
    int width = in.tensor.size[3];
    eachWindow(pool, in.tensor, up.tensor, [&](Window window, size_t plane, size_t at) {
      if (isMax(pool)) {
        long long best = largest(from, width, window, plane);
        if (best >= 0) to[best] += upstream[at];
        return;
      }
      double share = upstream[at] / (double)(pool.mode == 1 ? window.all : window.seen());
      for (int h = window.top; h < window.bottom; h++) {
        for (int w = window.left; w < window.right; w++) to[plane + (size_t)h * width + w] += share;
      }
    });
    out.put(to, factor, keep);
  });
}

API cudnnAddTensor(Handle* handle, const void* alpha, const Tensor* aDesc, const void* a, const void* beta,
                   const Tensor* cDesc, void* c) {
  if (!aDesc || !cDesc || aDesc->type < 0 || aDesc->type != cDesc->type) return BAD_PARAM;
  for (int axis = 0; axis < 4; axis++) {
    if (aDesc->size[axis] != 1 && aDesc->size[axis] != cDesc->size[axis]) return BAD_PARAM;
  }
  Operand add{*aDesc, a, "a of addition"}, out{*cDesc, c, "c of addition"};
  Operand wide = add;  // a as it looks when spread over c
  for (int axis = 0; axis < 4; axis++) {
    if (aDesc->size[axis] == 1) wide.tensor.stride[axis] = 0;
    wide.tensor.size[axis] = cDesc->size[axis];
  }
  float factor = scalar(alpha), keep = scalar(beta);
  return submitOn(handle, {add, out}, [=] { out.put(wide.dense(), factor, keep); });
}

// ---- batch normalization, per channel: y = scale (x − mean) / √(variance + ε) + bias

API cudnnDeriveBNTensorDescriptor(Tensor* parameters, const Tensor* x, int mode) {
  if (!parameters || !x || x->type < 0) return BAD_PARAM;
  if (!isSpatial(mode)) return NOT_SUPPORTED;
  *parameters = {DATA_FLOAT, {1, x->size[1], 1, 1}, {x->size[1], 1, 1, 1}};
  return SUCCESS;
}
API cudnnBatchNormalizationForwardInference(Handle* handle, int mode, const void* alpha, const void* beta,
                                            const Tensor* xDesc, const void* x, const Tensor* yDesc,
                                            void* y, const Tensor* parameters, const void* scale,
                                            const void* bias, const void* mean, const void* variance,
                                            double epsilon) {
  if (!isSpatial(mode)) return NOT_SUPPORTED;
  if (!isPerChannel(parameters, xDesc) || !yDesc || !yDesc->sameSize(*xDesc)) return BAD_PARAM;
  Operand in{*xDesc, x, "x of batch norm"}, out{*yDesc, y, "y of batch norm"};
  Operand s{*parameters, scale, "scale"}, b{*parameters, bias, "bias"};
  Operand m{*parameters, mean, "mean"}, v{*parameters, variance, "variance"};
  float factor = scalar(alpha), keep = scalar(beta);
  return submitOn(handle, {in, out, s, b, m, v}, [=] {
    std::vector<float> from = in.dense(), scales = s.dense(), biases = b.dense(), means = m.dense(),
                       variances = v.dense();
    std::vector<double> to(from.size());
    for (size_t i = 0; i < from.size(); i++) {
      size_t c = channelOf(i, in.tensor);
      to[i] = scales[c] * ((double)from[i] - means[c]) / std::sqrt(variances[c] + epsilon) + biases[c];
    }
    out.put(to, factor, keep);
  });
}
API cudnnBatchNormalizationForwardTraining(Handle* handle, int mode, const void* alpha, const void* beta,
                                           const Tensor* xDesc, const void* x, const Tensor* yDesc, void* y,
                                           const Tensor* parameters, const void* scale, const void* bias,
                                           double momentum, void* runningMean, void* runningVariance,
                                           double epsilon, void* saveMean, void* saveInvStd) {
  if (!isSpatial(mode)) return NOT_SUPPORTED;
  if (!isPerChannel(parameters, xDesc) || !yDesc || !yDesc->sameSize(*xDesc)) return BAD_PARAM;
  if (!runningMean != !runningVariance || !saveMean != !saveInvStd) return BAD_PARAM;
  Operand in{*xDesc, x, "x of batch norm"}, out{*yDesc, y, "y of batch norm"};
  Operand s{*parameters, scale, "scale"}, b{*parameters, bias, "bias"};
  Operand rm{*parameters, runningMean, "running mean"}, rv{*parameters, runningVariance, "running variance"};
  Operand sm{*parameters, saveMean, "saved mean"}, si{*parameters, saveInvStd, "saved invStd"};
  std::vector<Operand> operands{in, out, s, b};
  if (runningMean) operands.insert(operands.end(), {rm, rv});
  if (saveMean) operands.insert(operands.end(), {sm, si});
  float factor = scalar(alpha), keep = scalar(beta);
  return submitOn(handle, operands, [=] {
    std::vector<float> from = in.dense(), scales = s.dense(), biases = b.dense();
    Statistics of = statistics(from, in.tensor, epsilon);
    std::vector<double> to(from.size());
    for (size_t i = 0; i < from.size(); i++) {
      size_t c = channelOf(i, in.tensor);
      to[i] = scales[c] * (from[i] - of.mean[c]) * of.invStd[c] + biases[c];
    }
    out.put(to, factor, keep);
    if (rm.memory) {
      double count = (double)from.size() / of.mean.size();
      std::vector<double> unbiased = of.variance;
      for (double& variance : unbiased) variance *= count > 1 ? count / (count - 1) : 1;
      rm.put(of.mean, (float)momentum, (float)(1 - momentum));
      rv.put(unbiased, (float)momentum, (float)(1 - momentum));
    }
    if (sm.memory) {
      sm.put(of.mean, 1, 0);
      si.put(of.invStd, 1, 0);
    }
  });
}
API cudnnBatchNormalizationBackward(Handle* handle, int mode, const void* alphaData, const void* betaData,
                                    const void* alphaParameters, const void* betaParameters,
                                    const Tensor* xDesc, const void* x, const Tensor* dyDesc,
                                    const void* dy, const Tensor* dxDesc, void* dx,
                                    const Tensor* parameters, const void* scale, void* dscale, void* dbias,
                                    double epsilon, const void* saveMean, const void* saveInvStd) {
  if (!isSpatial(mode)) return NOT_SUPPORTED;
  if (!isPerChannel(parameters, xDesc) || !dyDesc || !dxDesc || !dyDesc->sameSize(*xDesc) ||
      !dxDesc->sameSize(*xDesc) || !saveMean != !saveInvStd) {
    return BAD_PARAM;
  }
  Operand in{*xDesc, x, "x of batch norm"}, up{*dyDesc, dy, "dy of batch norm"};
  Operand out{*dxDesc, dx, "dx of batch norm"};
  Operand s{*parameters, scale, "scale"}, ds{*parameters, dscale, "dscale"}, db{*parameters, dbias, "dbias"};
  Operand sm{*parameters, saveMean, "saved mean"}, si{*parameters, saveInvStd, "saved invStd"};
  std::vector<Operand> operands{in, up, out, s, ds, db};
  if (saveMean) operands.insert(operands.end(), {sm, si});
  float factor = scalar(alphaData), keep = scalar(betaData);
  float factorOfSums = scalar(alphaParameters), keepOfSums = scalar(betaParameters);
  return submitOn(handle, operands, [=] {
    std::vector<float> from = in.dense(), upstream = up.dense(), scales = s.dense();
    Statistics of = statistics(from, in.tensor, epsilon);
    if (sm.memory) {
      std::vector<float> means = sm.dense(), invStds = si.dense();
      std::copy(means.begin(), means.end(), of.mean.begin());
      std::copy(invStds.begin(), invStds.end(), of.invStd.begin());
    }
    size_t channels = of.mean.size();
    std::vector<double> sums(channels), products(channels), to(from.size());
    auto normalized = [&](size_t i, size_t c) { return (from[i] - of.mean[c]) * of.invStd[c]; };
    for (size_t i = 0; i < from.size(); i++) {
      size_t c = channelOf(i, in.tensor);
      sums[c] += upstream[i];
      products[c] += upstream[i] * normalized(i, c);
    }
    double count = (double)from.size() / channels;
    for (size_t i = 0; i < from.size(); i++) {
      size_t c = channelOf(i, in.tensor);
      to[i] = scales[c] * of.invStd[c] *
              (upstream[i] - sums[c] / count - normalized(i, c) * products[c] / count);
    }
    out.put(to, factor, keep);
    ds.put(products, factorOfSums, keepOfSums);
    db.put(sums, factorOfSums, keepOfSums);
  });
}
