package dev.mmib.resnet;

import dev.mmib.backend.Backend;
import dev.mmib.golden.Backends;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.golden.GoldenHash;
import dev.mmib.golden.GoldenSamples;
import dev.mmib.nn.BatchNorm2d.Statistics;
import dev.mmib.nn.Linear;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.op.Arithmetic;
import dev.mmib.op.Pooling;
import dev.mmib.op.Reduction;
import dev.mmib.tensor.Gradients;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * ResNet's golden values; those who get its weights another way may check them by the same means.
 */
public class ResNetGoldenTest {

  private static final Pattern INPUT =
      Pattern.compile("seed (\\d+), name '([^']+)', uniform\\(([-.\\d]+), ?([-.\\d]+)\\)");
  private static final Pattern LOSS =
      Pattern.compile("seed (\\d+) names '([^']+)', '([^']+)', uniform\\(([-.\\d]+),([-.\\d]+)\\)");

  @Test
  void givesStagesGradientsAndStatistics() {
    Golden.require("resnet50");
    var file = GoldenFile.load("resnet50/expected");
    var hash = new GoldenHash(file.json().longInteger("weight_seed"));
    Weights weights =
        (name, shape, fresh) ->
            hash.uniform(name, shape, GoldenHash.resnet50Rule(name, shape.dims()));
    for (var backend : Backends.present()) {
      for (var one : file.cases()) {
        // A model for each: a pass in training changes the running statistics.
        try (var parameters = new Parameters(backend, weights)) {
          var network = ResNet.of(parameters, ResNetConfig.named("resnet50"));
          var classifier = Linear.of(parameters.at("fc"), network.config().features(), 1000);
          check(backend, parameters, network, classifier, file, one);
        }
      }
    }
  }

  /** Checks a case. */
  public static void check(
      Backend backend,
      Parameters parameters,
      ResNet network,
      Linear classifier,
      GoldenFile file,
      GoldenCase one) {
    boolean differentiated = !one.json().absent("loss");
    try (var scope = Scope.open(backend, differentiated ? Mode.TRAIN : Mode.INFER)) {
      var statistics =
          one.json().string("bn_mode").equals("train") ? Statistics.BATCH : Statistics.RUNNING;
      var stages = network.stages(input(scope, one), statistics);
      var results = new HashMap<String, Tensor>();
      results.put("stem", stages.get(0));
      for (int s = 1; s < stages.size(); s++) {
        results.put("layer" + s, stages.get(s));
      }
      var pool = Pooling.globalAveragePool(stages.get(stages.size() - 1));
      var fc = classifier.forward(pool);
      results.put("pool", pool);
      results.put("fc", fc);
      var loss = differentiated ? loss(scope, one, pool, fc) : null;
      if (loss != null) {
        results.put("loss", loss);
      }
      compare(parameters, file, one, results, loss == null ? null : Tape.gradients(loss));
    }
  }

  private static void compare(
      Parameters parameters,
      GoldenFile file,
      GoldenCase one,
      Map<String, Tensor> results,
      @Nullable Gradients gradients) {
    one.outputs()
        .forEach(
            (output, spec) -> {
              Tensor got;
              if (output.startsWith("d_") && gradients != null) {
                got = gradients.of(parameters.tensor(output.substring(2)));
              } else if (output.startsWith("after_")) {
                got = parameters.tensor(output.substring("after_".length()));
              } else {
                got = Objects.requireNonNull(results.get(output), output);
              }
              GoldenSamples.check(file, one.name() + "/" + output, spec, got.toFloats());
            });
  }

  private static Tensor input(Scope scope, GoldenCase one) {
    var input = one.json().object("input");
    var shape = Shape.of(input.array("shape").ints());
    var rule = match(INPUT, input.string("rule"));
    var hash = new GoldenHash(Long.parseLong(rule.group(1)));
    return scope.of(
        shape,
        hash.uniform(
            rule.group(2),
            shape.size(),
            Double.parseDouble(rule.group(3)),
            Double.parseDouble(rule.group(4))));
  }

  /** Σ w_fc ⊙ fc + Σ w_pool ⊙ pool. */
  private static Tensor loss(Scope scope, GoldenCase one, Tensor pool, Tensor fc) {
    var rule = match(LOSS, one.json().string("loss"));
    var hash = new GoldenHash(Long.parseLong(rule.group(1)));
    double lo = Double.parseDouble(rule.group(4));
    double hi = Double.parseDouble(rule.group(5));
    var terms =
        List.of(rule.group(2), rule.group(3)).stream()
            .map(
                name -> {
                  var of = name.endsWith("/w_fc") ? fc : pool;
                  var w = scope.of(of.shape(), hash.uniform(name, of.shape().size(), lo, hi));
                  return Reduction.sum(Arithmetic.mul(of, w));
                })
            .toList();
    return Arithmetic.add(terms.get(0), terms.get(1));
  }

  private static MatchResult match(Pattern pattern, String text) {
    var matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new AssertionError("not understood: " + text);
    }
    return matcher.toMatchResult();
  }
}
