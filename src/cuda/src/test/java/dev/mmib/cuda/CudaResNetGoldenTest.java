package dev.mmib.cuda;

import static dev.mmib.op.Arithmetic.add;
import static dev.mmib.op.Arithmetic.mul;
import static dev.mmib.op.Reduction.sum;

import dev.mmib.backend.Precision;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.golden.GoldenHash;
import dev.mmib.nn.BatchNorm2d.Statistics;
import dev.mmib.nn.Linear;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.op.Pooling;
import dev.mmib.resnet.ResNet;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.tensor.Tape;
import dev.mmib.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** ResNet-50 in every precision, with its gradients. */
@Tag("gpu")
class CudaResNetGoldenTest {

  private static final Pattern INPUT =
      Pattern.compile("seed (\\d+), name '([^']+)', uniform\\(([-.\\d]+), ?([-.\\d]+)\\)");
  private static final Pattern LOSS =
      Pattern.compile("seed (\\d+) names '([^']+)', '([^']+)', uniform\\(([-.\\d]+),([-.\\d]+)\\)");

  private record Network(Parameters parameters, ResNet convolutions, Linear classifier) {}

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "INT8")
  void resNetGivesTheGoldenStagesAndGradients(Precision precision) {
    Goldens.assumeFast();
    Golden.require("resnet50");
    var file = GoldenFile.load("resnet50/expected");
    var hash = new GoldenHash(file.json().longInteger("weight_seed"));
    Weights weights =
        (name, shape, fresh) ->
            hash.uniform(name, shape, GoldenHash.resnet50Rule(name, shape.dims()));
    try (var gpu = Gpu.open(precision, false)) {
      for (var one : file.cases()) {
        if (isTrained(one) && precision != Precision.FP32) {
          continue; // statistics of three pictures of 2 × 2 places blow any rounding up
        }
        // A model for each: a pass in training changes the running statistics.
        try (var parameters = new Parameters(gpu, weights)) {
          var network = ResNet.of(parameters, ResNetConfig.named("resnet50"));
          var classifier = Linear.of(parameters.at("fc"), network.config().features(), 1000);
          check(precision, gpu, new Network(parameters, network, classifier), file, one);
        }
      }
    }
  }

  private static void check(
      Precision precision, CudaBackend gpu, Network network, GoldenFile file, GoldenCase one) {
    boolean differentiated = !one.json().absent("loss");
    try (var scope = Scope.open(gpu, differentiated ? Mode.TRAIN : Mode.INFER)) {
      var statistics = isTrained(one) ? Statistics.BATCH : Statistics.RUNNING;
      var stages = network.convolutions().stages(input(scope, one), statistics);
      var pool = Pooling.globalAveragePool(stages.get(stages.size() - 1));
      var fc = network.classifier().forward(pool);
      var results = new HashMap<String, Tensor>(Map.of("stem", stages.get(0), "pool", pool));
      for (int s = 1; s < stages.size(); s++) {
        results.put("layer" + s, stages.get(s));
      }
      results.put("fc", fc);
      if (differentiated) {
        var loss = loss(scope, one, pool, fc);
        results.put("loss", loss);
        var gradients = Tape.gradients(loss);
        network
            .parameters()
            .trainable()
            .forEach((name, tensor) -> results.put("d_" + name, gradients.of(tensor)));
      }
      network.parameters().all().forEach((name, tensor) -> results.put("after_" + name, tensor));
      one.outputs()
          .forEach(
              (output, spec) -> {
                var got = Objects.requireNonNull(results.get(output), output).toFloats();
                var key = one.name() + "/" + output;
                Goldens.ofRectifiers(precision)
                    .check(file, key, spec, got, output.startsWith("d_"));
              });
    }
  }

  private static boolean isTrained(GoldenCase one) {
    return one.json().string("bn_mode").equals("train");
  }

  private static Tensor input(Scope scope, GoldenCase one) {
    var input = one.json().object("input");
    var shape = Shape.of(input.array("shape").ints());
    var rule = match(INPUT, input.string("rule"));
    return scope.of(shape, uniform(rule, rule.group(2), shape.size(), 3));
  }

  /** Σ w_fc ⊙ fc + Σ w_pool ⊙ pool. */
  private static Tensor loss(Scope scope, GoldenCase one, Tensor pool, Tensor fc) {
    var rule = match(LOSS, one.json().string("loss"));
    boolean fcFirst = rule.group(2).endsWith("/w_fc");
    return add(
        weighted(scope, fc, rule, rule.group(fcFirst ? 2 : 3)),
        weighted(scope, pool, rule, rule.group(fcFirst ? 3 : 2)));
  }

  private static Tensor weighted(Scope scope, Tensor x, MatchResult rule, String name) {
    return sum(mul(x, scope.of(x.shape(), uniform(rule, name, x.shape().size(), 4))));
  }

  /** Numbers whose bounds are the groups of {@code rule} from {@code bounds} on. */
  private static float[] uniform(MatchResult rule, String name, int size, int bounds) {
    return new GoldenHash(Long.parseLong(rule.group(1)))
        .uniform(
            name,
            size,
            Double.parseDouble(rule.group(bounds)),
            Double.parseDouble(rule.group(bounds + 1)));
  }

  private static MatchResult match(Pattern pattern, String text) {
    var matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new AssertionError("not understood: " + text);
    }
    return matcher.toMatchResult();
  }
}
