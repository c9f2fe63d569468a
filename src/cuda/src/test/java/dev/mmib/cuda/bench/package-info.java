/** Measures the GPU: {@code tools/gpu_peer.py} measures PyTorch the same way. */
@org.jspecify.annotations.NullMarked
package dev.mmib.cuda.bench;
