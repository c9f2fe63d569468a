package dev.mmib.cuda;

import dev.mmib.backend.Precision;
import dev.mmib.bert.Bert;
import dev.mmib.bert.BertConfig;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.golden.GoldenHash;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** BERT of full size in every precision. */
@Tag("gpu")
class CudaGoldenTest {

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INT8")
  void bertBaseGivesTheGoldenHiddenStates(Precision precision) {
    Goldens.assumeFast();
    Golden.require("bert-base");
    var file = GoldenFile.load("bert-base/expected");
    var hash = new GoldenHash(file.json().longInteger("weight_seed"));
    Weights weights =
        (name, shape, fresh) -> {
          var bare = name.substring("bert.".length());
          return hash.uniform(bare, shape, GoldenHash.bertRule(bare, shape.dims()));
        };
    try (var gpu = Gpu.open(precision, false);
        var parameters = new Parameters(gpu, weights)) {
      var bert = Bert.of(parameters.at("bert"), BertConfig.of(30522, 768, 12, 12, 3072));
      for (var one : file.cases()) {
        try (var scope = Scope.open(gpu, Mode.INFER)) {
          check(precision, bert, file, one, scope);
        }
      }
    }
  }

  private static void check(
      Precision precision, Bert bert, GoldenFile file, GoldenCase one, Scope scope) {
    var ids = one.in("input_ids");
    var states =
        bert.forward(
            scope.ints(ids.shape(), ids.ints()),
            ints(scope, one, "token_type_ids"),
            floats(scope, one, "attention_mask"));
    var last = states.get(states.size() - 1);
    one.outputs()
        .forEach(
            (output, spec) -> {
              var got =
                  output.startsWith("hidden")
                      ? states.get(Integer.parseInt(output.substring("hidden".length())))
                      : bert.pool(last);
              var key = one.name() + "/out/" + output;
              Goldens.of(precision).check(file, key, spec, got.toFloats(), false);
            });
  }

  private static @Nullable Tensor ints(Scope scope, GoldenCase one, String input) {
    return one.hasIn(input) ? scope.ints(one.in(input).shape(), one.in(input).ints()) : null;
  }

  private static @Nullable Tensor floats(Scope scope, GoldenCase one, String input) {
    return one.hasIn(input) ? scope.of(one.in(input).shape(), one.in(input).asFloats()) : null;
  }
}
