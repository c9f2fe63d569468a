/** ONNX Runtime, and the little of protocol buffers that its graphs need. */
@NullMarked
package dev.mmib.jmh.onnx;

import org.jspecify.annotations.NullMarked;
