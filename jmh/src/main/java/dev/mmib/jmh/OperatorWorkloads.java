package dev.mmib.jmh;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import dev.mmib.jmh.djl.DjlOperator;
import dev.mmib.jmh.limit.OneDnnProduct;
import dev.mmib.jmh.limit.OpenBlasProduct;
import dev.mmib.jmh.mmib.MmibOperator;
import dev.mmib.jmh.onnx.OnnxOperator;
import dev.mmib.op.Attention;
import dev.mmib.op.MatMul;
import dev.mmib.op.Normalization;
import dev.mmib.op.Softmax;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Single operators at the sizes that they have in bert-base for 8 texts of 128 word pieces. */
final class OperatorWorkloads {

  private static final String GROUP = "operators";
  private static final int BATCH = 8;
  private static final int TOKENS = 128;
  private static final int HIDDEN = 768;
  private static final int HEADS = 12;
  private static final int DEEP = 3072;
  private static final int ROWS = BATCH * TOKENS;
  private static final float EPS = 1e-5f;

  private OperatorWorkloads() {}

  static List<Workload> all() {
    var all = new ArrayList<Workload>();
    all.add(product("linear-768-768", ProductInput.linear(ROWS, HIDDEN, HIDDEN)));
    all.add(product("linear-768-3072", ProductInput.linear(ROWS, HIDDEN, DEEP)));
    all.add(product("linear-3072-768", ProductInput.linear(ROWS, DEEP, HIDDEN)));
    all.add(product("linear-768-3072-of-32", ProductInput.linear(32, HIDDEN, DEEP)));
    int width = HIDDEN / HEADS;
    all.add(product("scores", new ProductInput(BATCH * HEADS, TOKENS, width, TOKENS, true)));
    all.add(product("mixing", new ProductInput(BATCH * HEADS, TOKENS, TOKENS, width, false)));
    all.add(attention());
    all.add(softmax());
    all.add(layerNorm());
    all.add(gelu());
    return all;
  }

  private static Workload product(String name, ProductInput input) {
    boolean isLinear = input.batch() == 1;
    var operands = isLinear ? linear(input) : batched(input);
    var output =
        isLinear
            ? new long[] {input.rows(), input.columns()}
            : new long[] {input.batch(), input.rows(), input.columns()};
    return Workload.of(GROUP, name, input.operations())
        .with(
            Workload.OURS,
            threads ->
                new MmibOperator(
                    "cpu",
                    threads,
                    operands,
                    isLinear
                        ? t -> MatMul.linear(t.get(0), t.get(1), null)
                        : t -> MatMul.matmul(t.get(0), false, t.get(1), input.transposed())))
        .with(
            "djl",
            threads ->
                new DjlOperator(
                    threads,
                    operands,
                    isLinear
                        ? t -> Linear.linear(t.get(0), t.get(1)).singletonOrThrow()
                        : t ->
                            t.get(0)
                                .matMul(input.transposed() ? t.get(1).swapAxes(1, 2) : t.get(1))))
        .with(
            "onnxruntime",
            threads ->
                OnnxOperator.contender(
                    threads,
                    operands,
                    isLinear ? "Gemm" : "com.microsoft.FusedMatMul",
                    Map.of("transB", input.transposed() ? 1L : 0L),
                    output))
        .with("onednn", threads -> new OneDnnProduct(threads, input))
        .with("openblas", threads -> new OpenBlasProduct(threads, input));
  }

  private static List<Operand> linear(ProductInput input) {
    return List.of(
        Operand.input("left", input.rows(), input.inner()),
        Operand.weight("right", input.columns(), input.inner()));
  }

  private static List<Operand> batched(ProductInput input) {
    return List.of(
        Operand.input("left", input.batch(), input.rows(), input.inner()),
        input.transposed()
            ? Operand.input("right", input.batch(), input.columns(), input.inner())
            : Operand.input("right", input.batch(), input.inner(), input.columns()));
  }

  private static Workload attention() {
    var operands =
        List.of(
            Operand.input("query", BATCH, TOKENS, HIDDEN),
            Operand.input("key", BATCH, TOKENS, HIDDEN),
            Operand.input("value", BATCH, TOKENS, HIDDEN));
    return Workload.of(GROUP, "attention", 4.0 * ROWS * TOKENS * HIDDEN)
        .with(
            Workload.OURS,
            threads ->
                new MmibOperator(
                    "cpu",
                    threads,
                    operands,
                    t -> Attention.attention(t.get(0), t.get(1), t.get(2), HEADS, null, null, 0)))
        .with("djl", threads -> new DjlOperator(threads, operands, OperatorWorkloads::attention))
        .with(
            "onnxruntime",
            threads ->
                OnnxOperator.contender(
                    threads,
                    operands,
                    "com.microsoft.MultiHeadAttention",
                    Map.of("num_heads", (long) HEADS),
                    BATCH,
                    TOKENS,
                    HIDDEN));
  }

  private static NDArray attention(List<NDArray> operands) {
    var split = new Shape(BATCH, TOKENS, HEADS, HIDDEN / HEADS);
    var query = operands.get(0).reshape(split).transpose(0, 2, 1, 3);
    var key = operands.get(1).reshape(split).transpose(0, 2, 3, 1);
    var value = operands.get(2).reshape(split).transpose(0, 2, 1, 3);
    var scores = query.matMul(key).mul((float) (1 / Math.sqrt(HIDDEN / (double) HEADS)));
    var mixed = scores.softmax(3).matMul(value).transpose(0, 2, 1, 3);
    return mixed.reshape(new Shape(BATCH, TOKENS, HIDDEN));
  }

  private static Workload softmax() {
    int rows = BATCH * HEADS * TOKENS;
    var operands = List.of(Operand.input("x", rows, TOKENS));
    return pointwise(
        "softmax",
        operands,
        t -> Softmax.softmax(t.get(0)),
        t -> t.get(0).softmax(1),
        threads ->
            OnnxOperator.contender(
                threads, operands, "Softmax", Map.of("axis", -1L), rows, TOKENS));
  }

  private static Workload layerNorm() {
    var operands =
        List.of(
            Operand.input("x", ROWS, HIDDEN),
            Operand.weight("gamma", HIDDEN),
            Operand.weight("beta", HIDDEN));
    return pointwise(
        "layer-norm",
        operands,
        t -> Normalization.layerNorm(t.get(0), t.get(1), t.get(2), EPS),
        t ->
            LayerNorm.layerNorm(t.get(0), new Shape(HIDDEN), t.get(1), t.get(2), EPS)
                .singletonOrThrow(),
        threads ->
            OnnxOperator.contender(
                threads,
                operands,
                "LayerNormalization",
                Map.of("axis", -1L, "epsilon", EPS),
                ROWS,
                HIDDEN));
  }

  private static Workload gelu() {
    var operands = List.of(Operand.input("x", ROWS, DEEP));
    return pointwise(
        "gelu",
        operands,
        t -> dev.mmib.op.Activation.gelu(t.get(0)),
        t -> Activation.gelu(t.get(0)),
        threads -> OnnxOperator.contender(threads, operands, "Gelu", Map.of(), ROWS, DEEP));
  }

  private static Workload pointwise(
      String name,
      List<Operand> operands,
      Function<List<Tensor>, Tensor> ours,
      Function<List<NDArray>, NDArray> djl,
      Workload.Maker onnx) {
    return Workload.of(GROUP, name, 0)
        .with(Workload.OURS, threads -> new MmibOperator("cpu", threads, operands, ours))
        .with("djl", threads -> new DjlOperator(threads, operands, djl))
        .with("onnxruntime", onnx);
  }
}
