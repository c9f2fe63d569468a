package dev.mmib.jmh;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import dev.mmib.jmh.djl.DjlDerivative;
import dev.mmib.jmh.djl.DjlOperator;
import dev.mmib.jmh.limit.OneDnnConvolution;
import dev.mmib.jmh.mmib.MmibDerivative;
import dev.mmib.jmh.mmib.MmibOperator;
import dev.mmib.jmh.onnx.OnnxOperator;
import dev.mmib.op.Convolution;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Single convolutions, forward, and forward with both derivatives.
 *
 * <p>The limit is oneDNN on arrays that lie as it likes them best, before and after.
 */
final class ConvolutionWorkloads {

  private ConvolutionWorkloads() {}

  static List<Workload> all() {
    var all = new ArrayList<Workload>();
    ConvolutionInput.all().forEach(input -> all.add(forward(input)));
    ConvolutionInput.all().forEach(input -> all.add(training(input)));
    return all;
  }

  private static Workload forward(ConvolutionInput input) {
    var operands = List.of(input.pictures(), input.weights());
    return Workload.of("convolution-forward", input.name(), input.operations())
        .with(
            Workload.OURS,
            threads -> new MmibOperator("cpu", threads, operands, t -> ours(t, input)))
        .with("djl", threads -> new DjlOperator(threads, operands, t -> djl(t, input)))
        .with(
            "onnxruntime",
            threads ->
                OnnxOperator.contender(
                    threads,
                    operands,
                    "Conv",
                    attributes(input),
                    ConvolutionInput.BATCH,
                    input.out(),
                    input.outSide(),
                    input.outSide()))
        .with("onednn", threads -> new OneDnnConvolution(threads, input, false));
  }

  private static Workload training(ConvolutionInput input) {
    var operands = List.of(input.pictures(), input.weights());
    return Workload.of("convolution-training", input.name(), 3 * input.operations())
        .with(
            Workload.OURS,
            threads -> new MmibDerivative("cpu", threads, operands, t -> ours(t, input)))
        .with("djl", threads -> new DjlDerivative(threads, operands, t -> djl(t, input)))
        .with("onednn", threads -> new OneDnnConvolution(threads, input, true));
  }

  private static Tensor ours(List<Tensor> operands, ConvolutionInput input) {
    var options = Convolution.Options.of(input.stride(), input.padding());
    return Convolution.conv2d(operands.get(0), operands.get(1), null, options);
  }

  private static NDArray djl(List<NDArray> operands, ConvolutionInput input) {
    var strides = new Shape(input.stride(), input.stride());
    var padding = new Shape(input.padding(), input.padding());
    return Conv2d.conv2d(operands.get(0), operands.get(1), null, strides, padding)
        .singletonOrThrow();
  }

  private static Map<String, ?> attributes(ConvolutionInput input) {
    long padding = input.padding();
    return Map.of(
        "kernel_shape",
        new long[] {input.kernel(), input.kernel()},
        "strides",
        new long[] {input.stride(), input.stride()},
        "pads",
        new long[] {padding, padding, padding, padding});
  }
}
