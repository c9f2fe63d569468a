// Stubs of libcuda, libcublas and libcudnn that only tell versions, as the environment wants them.
//
// One of DRIVER, CUBLAS=12 or CUBLAS=13, CUDNN, PART is defined. The functions that JCuda's natives
// ask for besides do not matter: they are bound when called.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static int told(const char* name, int usual) {
  const char* value = getenv(name);
  return value ? atoi(value) : usual;
}

#if defined(DRIVER)
int cuInit(unsigned flags) { return told("STUB_INIT", 0); }
int cuDriverGetVersion(int* version) {
  *version = told("STUB_DRIVER", 12040);
  return 0;
}
int cuDeviceGetCount(int* count) {
  *count = told("STUB_GPUS", 1);
  return 0;
}
int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return 0;
}
int cuDeviceGetName(char* name, int length, int device) {
  snprintf(name, length, "Stub %d", device);
  return 0;
}
int cuDeviceTotalMem_v2(size_t* bytes, int device) {
  *bytes = 3ull << 30;
  return 0;
}
// The first GPU is as STUB_CAPABILITY says, the others are 9.0.
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  int capability = device == 0 ? told("STUB_CAPABILITY", 80) : 90;
  *value = attribute == 75 ? capability / 10 : attribute == 76 ? capability % 10 : 0;
  return 0;
}
#elif defined(CUBLAS)
int cublasGetProperty(int type, int* value) {
  *value = type == 0 ? CUBLAS : type;
  return 0;
}
#elif defined(CUDNN)
size_t cudnnGetVersion(void) { return told("STUB_CUDNN", 91900); }
size_t cudnnGetCudartVersion(void) { return told("STUB_CUDNN_CUDA", 12040); }
#else
int nothing(void) { return 0; }
#endif
