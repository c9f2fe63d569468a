package dev.mmib.bert;

import dev.mmib.backend.Backend;
import dev.mmib.error.ErrorCode;
import dev.mmib.golden.Backends;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenAssert;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.golden.GoldenHash;
import dev.mmib.golden.GoldenSamples;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import dev.mmib.io.StoredWeights;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.op.Arithmetic;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** BERT's golden values; those who get its weights another way may check them by the same means. */
public class BertGoldenTest {

  private static final Weights NONE =
      (name, shape, fresh) -> {
        throw new AssertionError("no weight " + name);
      };

  /** The configuration beside weights, without dropout. */
  public static BertConfig configBeside(Path weights) {
    var json = Json.read(weights.resolveSibling("config.json"), ErrorCode.CONFIG).asObject();
    return BertConfig.fromJson(json).withDropout(0, 0);
  }

  /** Checks a case of {@code bert-tiny} with the weights of a safetensors file. */
  public static void checkTiny(
      Backend backend, BertConfig config, Path weights, GoldenFile file, GoldenCase one) {
    try (var stored = StoredWeights.open(weights)) {
      checkTiny(backend, config, stored, file, one);
    }
  }

  /** Checks a case of {@code bert-tiny} with weights that are open. */
  static void checkTiny(
      Backend backend, BertConfig config, StoredWeights stored, GoldenFile file, GoldenCase one) {
    try (var parameters = new Parameters(backend, stored.bert(NONE));
        var scope = Scope.open(backend, Mode.TRAIN)) {
      var bert = Bert.of(parameters.at("bert"), config);
      // Cases without inputs of their own have those of the first.
      var source = one.hasIn("input_ids") ? one : file.cases().get(0);
      boolean bare = one.name().equals("defaults");
      var ids = source.in("input_ids");
      var states =
          bert.forward(
              scope.ints(ids.shape(), ids.ints()),
              bare ? null : types(scope, source),
              bare ? null : mask(scope, source));
      var last = states.get(states.size() - 1);
      var pooled = bert.pool(last);
      if (one.json().absent("outputs")) {
        var like = file.cases().get(0).json().object("outputs");
        var lastLike = like.object("hidden" + config.layers());
        close(one, "last_hidden_state", lastLike, last);
        close(one, "pooler_output", like.object("pooler_output"), pooled);
        return;
      }
      check(backend, parameters, bert, one, states, pooled, mask(scope, source));
    }
  }

  private static void close(GoldenCase one, String output, JsonObject like, Tensor got) {
    GoldenAssert.close(
        one + " " + output,
        one.out(output).asFloats(),
        got.toFloats(),
        GoldenAssert.tolerance(like));
  }

  private static void check(
      Backend backend,
      Parameters parameters,
      Bert bert,
      GoldenCase one,
      List<Tensor> states,
      Tensor pooled,
      @Nullable Tensor mask) {
    var scope = Scope.current();
    var last = states.get(states.size() - 1);
    var weightsOfLast = one.in("w_last");
    var weightsOfPooled = one.in("w_pool");
    var loss =
        Arithmetic.add(
            Reduction.sum(Arithmetic.mul(last, scope.of(last.shape(), weightsOfLast.asFloats()))),
            Reduction.sum(
                Arithmetic.mul(pooled, scope.of(pooled.shape(), weightsOfPooled.asFloats()))));
    var gradients = Tape.gradients(loss);
    for (var output : one.outputs().keySet()) {
      if (output.startsWith("hidden")) {
        int number = Integer.parseInt(output.substring("hidden".length()));
        one.check(output, states.get(number).toFloats());
      } else if (output.startsWith("attn")) {
        int number = Integer.parseInt(output.substring("attn".length()));
        one.check(output, attention(backend, bert, number, states.get(number), mask));
      } else if (output.startsWith("d_")) {
        var parameter = parameters.tensor("bert." + output.substring(2));
        one.check(output, gradients.of(parameter).toFloats());
      } else {
        one.check(output, (output.equals("loss") ? loss : pooled).toFloats());
      }
    }
  }

  private static float[] attention(
      Backend backend, Bert bert, int layer, Tensor x, @Nullable Tensor mask) {
    // In a scope of its own: probabilities have no gradient.
    try (var scope = Scope.open(backend, Mode.INFER)) {
      return bert.layers().get(layer).attention().probabilities(x, x, mask, null).toFloats();
    }
  }

  private static @Nullable Tensor mask(Scope scope, GoldenCase one) {
    if (!one.hasIn("attention_mask")) {
      return null;
    }
    var mask = one.in("attention_mask");
    return scope.of(mask.shape(), mask.asFloats());
  }

  private static @Nullable Tensor types(Scope scope, GoldenCase one) {
    if (!one.hasIn("token_type_ids")) {
      return null;
    }
    var types = one.in("token_type_ids");
    return scope.ints(types.shape(), types.ints());
  }

  @Test
  void givesHiddenStatesOfFullSize() {
    Golden.require("bert-base");
    var file = GoldenFile.load("bert-base/expected");
    var hash = new GoldenHash(file.json().longInteger("weight_seed"));
    var config = BertConfig.of(30522, 768, 12, 12, 3072);
    for (var backend : Backends.present()) {
      Weights weights =
          (name, shape, fresh) -> {
            var bare = name.substring("bert.".length());
            return hash.uniform(bare, shape, GoldenHash.bertRule(bare, shape.dims()));
          };
      try (var parameters = new Parameters(backend, weights)) {
        var bert = Bert.of(parameters.at("bert"), config);
        for (var one : file.cases()) {
          checkBase(backend, bert, file, one);
        }
      }
    }
  }

  /** Checks a case of {@code bert-base}. */
  public static void checkBase(Backend backend, Bert bert, GoldenFile file, GoldenCase one) {
    try (var scope = Scope.open(backend, Mode.INFER)) {
      var ids = one.in("input_ids");
      var states =
          new ArrayList<>(
              bert.forward(
                  scope.ints(ids.shape(), ids.ints()), types(scope, one), mask(scope, one)));
      var last = states.get(states.size() - 1);
      one.outputs()
          .forEach(
              (output, spec) -> {
                var got =
                    output.startsWith("hidden")
                        ? states.get(Integer.parseInt(output.substring("hidden".length())))
                        : bert.pool(last);
                GoldenSamples.check(file, one.name() + "/out/" + output, spec, got.toFloats());
              });
    }
  }
}
