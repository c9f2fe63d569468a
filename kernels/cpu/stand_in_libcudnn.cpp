// Stand-in for libcudnn.so.9: handles and descriptors. The work: stand_in_convolution.cpp,
// stand_in_pooling.cpp. Numbers are floats or bfloat16, everything has four axes.
#include <algorithm>

#include "stand_in_libcudnn.h"

using namespace stand_in;

STAND_IN_API size_t cudnnGetVersion() { return 90500; }
STAND_IN_API size_t cudnnGetCudartVersion() { return 12000; }
STAND_IN_API const char* cudnnGetErrorString(int status) {
  switch (status) {
    case SUCCESS: return "CUDNN_STATUS_SUCCESS";
    case BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
    case NOT_SUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
    case EXECUTION_FAILED: return "CUDNN_STATUS_EXECUTION_FAILED";
    default: return "CUDNN_UNKNOWN_STATUS";
  }
}
API cudnnGetProperty(int type, int* value) {
  const int version[] = {9, 5, 0};
  if (type < 0 || type > 2) return BAD_PARAM;
  *value = version[type];
  return SUCCESS;
}

API cudnnCreate(Handle** handle) {
  *handle = new Handle;
  return SUCCESS;
}
API cudnnDestroy(Handle* handle) {
  delete handle;
  return SUCCESS;
}
API cudnnSetStream(Handle* handle, void* stream) {
  if (!handle) return BAD_PARAM;
  handle->stream = stream;
  return SUCCESS;
}
API cudnnGetStream(Handle* handle, void** stream) {
  if (!handle) return BAD_PARAM;
  *stream = handle->stream;
  return SUCCESS;
}

// ---- tensors and filters

static bool isKnown(int type) { return type == DATA_FLOAT || type == DATA_BFLOAT16; }

static int describe(Tensor* tensor, int type, const int (&size)[4], const long long (&stride)[4]) {
  if (!tensor) return BAD_PARAM;
  if (!isKnown(type)) return NOT_SUPPORTED;
  for (int axis = 0; axis < 4; axis++) {
    if (size[axis] < 1 || stride[axis] < 1) return BAD_PARAM;
  }
  tensor->type = type;
  std::copy(size, size + 4, tensor->size);
  std::copy(stride, stride + 4, tensor->stride);
  return SUCCESS;
}

static int describe(Tensor* tensor, int type, int format, int n, int c, int h, int w) {
  long long plane = (long long)h * w;
  if (format == FORMAT_NCHW) return describe(tensor, type, {n, c, h, w}, {c * plane, plane, w, 1});
  if (format != FORMAT_NHWC) return NOT_SUPPORTED;
  return describe(tensor, type, {n, c, h, w}, {c * plane, 1, (long long)w * c, c});
}

API cudnnCreateTensorDescriptor(Tensor** tensor) {
  *tensor = new Tensor;
  return SUCCESS;
}
API cudnnDestroyTensorDescriptor(Tensor* tensor) {
  delete tensor;
  return SUCCESS;
}
API cudnnSetTensor4dDescriptor(Tensor* tensor, int format, int type, int n, int c, int h, int w) {
  return describe(tensor, type, format, n, c, h, w);
}
API cudnnSetTensor4dDescriptorEx(Tensor* tensor, int type, int n, int c, int h, int w, int strideN,
                                 int strideC, int strideH, int strideW) {
  return describe(tensor, type, {n, c, h, w}, {strideN, strideC, strideH, strideW});
}
API cudnnSetTensorNdDescriptor(Tensor* tensor, int type, int axes, const int size[], const int stride[]) {
  if (axes != 4) return NOT_SUPPORTED;
  return describe(tensor, type, {size[0], size[1], size[2], size[3]},
                  {stride[0], stride[1], stride[2], stride[3]});
}
API cudnnGetTensor4dDescriptor(const Tensor* tensor, int* type, int* n, int* c, int* h, int* w,
                               int* strideN, int* strideC, int* strideH, int* strideW) {
  if (!tensor || tensor->type < 0) return BAD_PARAM;
  int* const sizes[] = {n, c, h, w};
  int* const strides[] = {strideN, strideC, strideH, strideW};
  *type = tensor->type;
  for (int axis = 0; axis < 4; axis++) {
    *sizes[axis] = tensor->size[axis];
    *strides[axis] = (int)tensor->stride[axis];
  }
  return SUCCESS;
}
API cudnnGetTensorSizeInBytes(const Tensor* tensor, size_t* bytes) {
  if (!tensor || tensor->type < 0) return BAD_PARAM;
  *bytes = tensor->bytes();
  return SUCCESS;
}

API cudnnCreateFilterDescriptor(Tensor** filter) { return cudnnCreateTensorDescriptor(filter); }
API cudnnDestroyFilterDescriptor(Tensor* filter) { return cudnnDestroyTensorDescriptor(filter); }
API cudnnSetFilter4dDescriptor(Tensor* filter, int type, int format, int k, int c, int r, int s) {
  return describe(filter, type, format, k, c, r, s);
}

// ---- convolutions

API cudnnCreateConvolutionDescriptor(Convolution** convolution) {
  *convolution = new Convolution{};
  return SUCCESS;
}
API cudnnDestroyConvolutionDescriptor(Convolution* convolution) {
  delete convolution;
  return SUCCESS;
}
API cudnnSetConvolution2dDescriptor(Convolution* convolution, int padH, int padW, int stepH, int stepW,
                                    int dilationH, int dilationW, int mode, int computeType) {
  if (!convolution || padH < 0 || padW < 0 || stepH < 1 || stepW < 1) return BAD_PARAM;
  if (dilationH < 1 || dilationW < 1 || mode < 0 || mode > 1) return BAD_PARAM;
  if (computeType != DATA_FLOAT) return NOT_SUPPORTED;
  int math = convolution->math, groups = convolution->groups;
  *convolution = {{padH, padW}, {stepH, stepW}, {dilationH, dilationW}, mode, computeType, math, groups};
  return SUCCESS;
}
API cudnnSetConvolutionMathType(Convolution* convolution, int math) {
  if (!convolution || math < DEFAULT_MATH || math > FMA_MATH) return BAD_PARAM;
  convolution->math = math;
  return SUCCESS;
}
API cudnnGetConvolutionMathType(const Convolution* convolution, int* math) {
  if (!convolution) return BAD_PARAM;
  *math = convolution->math;
  return SUCCESS;
}
API cudnnSetConvolutionGroupCount(Convolution* convolution, int groups) {
  if (!convolution || groups < 1) return BAD_PARAM;
  convolution->groups = groups;
  return SUCCESS;
}
API cudnnGetConvolutionGroupCount(const Convolution* convolution, int* groups) {
  if (!convolution) return BAD_PARAM;
  *groups = convolution->groups;
  return SUCCESS;
}

// ---- pooling

API cudnnCreatePoolingDescriptor(Pooling** pooling) {
  *pooling = new Pooling{};
  return SUCCESS;
}
API cudnnDestroyPoolingDescriptor(Pooling* pooling) {
  delete pooling;
  return SUCCESS;
}
API cudnnSetPooling2dDescriptor(Pooling* pooling, int mode, int /*nan*/, int windowH, int windowW,
                                int padH, int padW, int stepH, int stepW) {
  if (!pooling || mode < 0 || mode > 3 || windowH < 1 || windowW < 1) return BAD_PARAM;
  if (padH < 0 || padW < 0 || stepH < 1 || stepW < 1) return BAD_PARAM;
  if (padH >= windowH || padW >= windowW) return BAD_PARAM;
  *pooling = {mode, {windowH, windowW}, {padH, padW}, {stepH, stepW}};
  return SUCCESS;
}
API cudnnGetPooling2dForwardOutputDim(const Pooling* pooling, const Tensor* x, int* n, int* c, int* h,
                                      int* w) {
  if (!pooling || !x || x->type < 0) return BAD_PARAM;
  *n = x->size[0];
  *c = x->size[1];
  *h = 1 + (x->size[2] + 2 * pooling->pad[0] - pooling->window[0]) / pooling->step[0];
  *w = 1 + (x->size[3] + 2 * pooling->pad[1] - pooling->window[1]) / pooling->step[1];
  return SUCCESS;
}
