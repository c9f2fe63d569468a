package dev.mmib.jmh.limit;

import dev.mmib.bert.BertConfig;
import dev.mmib.jmh.BertBase;
import dev.mmib.jmh.BertInput;
import java.util.Arrays;
import java.util.Random;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;

/**
 * The matrix products of bert-base and nothing between them, by oneDNN: what a model could reach
 * whose embeddings, biases, GELU, softmax and norms cost nothing.
 *
 * <p>Every layer has weights of its own, in the order that the primitive likes best; queries, keys
 * and values are one product. Weights are positive with rows that sum to 1, so that numbers stay
 * near 1 however many layers there are; those of queries are smaller, as scores are not normalized.
 */
public final class OneDnnBert extends BareOneDnn {

  private final long rows;
  private final FloatPointer hidden;

  public OneDnnBert(int threads, BertInput input) {
    super(threads);
    BertConfig config = BertBase.CONFIG;
    rows = (long) input.batch() * input.tokens();
    int width = config.hiddenSize();
    int deep = config.intermediateSize();
    hidden = floats(rows * width);
    hidden.put(ones(rows * width));
    var three = floats(rows * 3 * width);
    var mixed = floats(rows * width);
    var inner = floats(rows * deep);
    var scores = floats(rows * config.heads() * input.tokens());
    var projection = new Linear(width, 3 * width);
    var output = new Linear(width, width);
    var up = new Linear(width, deep);
    var down = new Linear(deep, width);
    var attention = new Heads(input, config);
    var small = weights(width, 3 * width);
    for (int i = 0; i < width * width; i++) {
      small[i] /= (float) width / config.heads() * input.tokens();
    }
    var square = weights(width, width);
    var wide = weights(width, deep);
    var narrow = weights(deep, width);
    for (int layer = 0; layer < config.layers(); layer++) {
      projection.step(hidden, small, three);
      attention.steps(three, scores, mixed);
      output.step(mixed, square, hidden);
      up.step(hidden, wide, inner);
      down.step(inner, narrow, hidden);
    }
  }

  /** [out, in], rows that sum to 1. */
  private static float[] weights(int in, int out) {
    var random = new Random(1);
    var values = new float[out * in];
    for (int row = 0; row < values.length; row += in) {
      double sum = 0;
      for (int i = row; i < row + in; i++) {
        values[i] = random.nextFloat();
        sum += values[i];
      }
      for (int i = row; i < row + in; i++) {
        values[i] /= (float) sum;
      }
    }
    return values;
  }

  private static float[] ones(long n) {
    var values = new float[Math.toIntExact(n)];
    Arrays.fill(values, 1);
    return values;
  }

  /** A linear layer; its primitive serves all layers of the model. */
  private final class Linear {

    private final memory.desc x;
    private final memory.desc stored;
    private final memory.desc y;
    private final matmul.primitive_desc desc;
    private final matmul primitive;

    Linear(long in, long out) {
      x = strided(new long[] {rows, in}, in, 1);
      stored = strided(new long[] {in, out}, 1, in);
      y = strided(new long[] {rows, out}, out, 1);
      desc = keep(new matmul.primitive_desc(engine(), x, any(in, out), y));
      primitive = new matmul(desc); // each step keeps it
    }

    void step(FloatPointer from, float[] weights, FloatPointer to) {
      add(primitive, on(x, from), packed(weights), on(y, to));
    }

    private memory packed(float[] weights) {
      try (var values = new FloatPointer(weights);
          var plain = new memory(stored, engine(), values)) {
        var packed = room(desc.weights_desc());
        turn(plain, packed);
        return packed;
      }
    }
  }

  /** Both products of attention, by heads that lie side by side in rows. */
  private final class Heads {

    private final int width;
    private final memory.desc query;
    private final memory.desc key;
    private final memory.desc score;
    private final memory.desc value;
    private final memory.desc mixed;
    private final matmul scoring;
    private final matmul mixing;

    Heads(BertInput input, BertConfig config) {
      long batch = input.batch();
      long tokens = input.tokens();
      long heads = config.heads();
      width = config.hiddenSize();
      long size = width / heads;
      long row = 3L * width;
      var tall = new long[] {batch, heads, tokens, size};
      query = strided(tall, tokens * row, size, row, 1);
      key = strided(new long[] {batch, heads, size, tokens}, tokens * row, size, 1, row);
      score =
          strided(
              new long[] {batch, heads, tokens, tokens},
              heads * tokens * tokens,
              tokens * tokens,
              tokens,
              1);
      value = strided(tall, tokens * row, size, row, 1);
      mixed = strided(tall, tokens * width, size, width, 1);
      scoring = new matmul(keep(new matmul.primitive_desc(engine(), query, key, score)));
      mixing = new matmul(keep(new matmul.primitive_desc(engine(), score, value, mixed)));
    }

    void steps(FloatPointer three, FloatPointer scores, FloatPointer to) {
      FloatPointer keys = keep(three.getPointer(width));
      FloatPointer values = keep(three.getPointer(2L * width));
      add(scoring, on(query, three), on(key, keys), on(score, scores));
      add(mixing, on(score, scores), on(value, values), on(mixed, to));
    }
  }

  private void add(matmul primitive, memory left, memory right, memory to) {
    steps()
        .add(
            step(
                primitive,
                dnnl.DNNL_ARG_SRC,
                left,
                dnnl.DNNL_ARG_WEIGHTS,
                right,
                dnnl.DNNL_ARG_DST,
                to));
  }

  private FloatPointer floats(long n) {
    return keep(new FloatPointer(n));
  }

  /** None that a model has, but it refuses to go on if it is not near 1. */
  @Override
  public float[] result() {
    run();
    for (long i = 0; i < hidden.limit(); i++) {
      float value = hidden.get(i);
      if (!(Math.abs(value - 1) < 0.1)) {
        throw new IllegalStateException("limit: number " + i + " is " + value + " vs about 1");
      }
    }
    return NO_RESULT;
  }
}
