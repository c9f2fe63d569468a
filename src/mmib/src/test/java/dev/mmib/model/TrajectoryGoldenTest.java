package dev.mmib.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.backend.Backend;
import dev.mmib.golden.Backends;
import dev.mmib.golden.Golden;
import dev.mmib.golden.GoldenAssert;
import dev.mmib.golden.GoldenCase;
import dev.mmib.golden.GoldenFile;
import dev.mmib.golden.GoldenHash;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tape;
import dev.mmib.train.AdamW;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Several steps of training, against the released models trained by PyTorch. */
class TrajectoryGoldenTest {

  private static final Pattern INPUTS =
      Pattern.compile(
          "seed (\\d+) .*pooled' \\[[^]]*] uniform\\(([-.\\d]+),([-.\\d]+)\\)"
              + ".*eps_img' \\[[^]]*] uniform\\(([-.\\d]+),([-.\\d]+)\\)");
  private static final Pattern OPTIMIZER =
      Pattern.compile("betas ([.\\d]+)/([.\\d]+) eps ([-.\\de]+); weight_decay ([.\\d]+) (.*)");
  private static final String[] PARTS = {"main", "dis", "txtkl", "imgkl", "total"};

  @Test
  void takesTheStepsOfTheReleasedTrainers() {
    Golden.require("mmib");
    var file = GoldenFile.load("mmib/expected");
    for (var backend : Backends.present()) {
      for (var one : file.cases()) {
        if (one.json().bool("trajectory", false)) {
          new Trajectory(backend, file, one).run();
        }
      }
    }
  }

  private static final class Trajectory {
    private final Backend backend;
    private final GoldenFile file;
    private final GoldenCase one;
    private final MmibGoldenSetup setup;
    private final ReleasedNames names;

    Trajectory(Backend backend, GoldenFile file, GoldenCase one) {
      this.backend = backend;
      this.file = file;
      this.one = one;
      this.setup = new MmibGoldenSetup(file, one);
      this.names = ReleasedNames.of(MmibGoldenSetup.task(one));
    }

    void run() {
      try (var model = setup.model(backend);
          var optimizer = optimizer(model)) {
        var steps = one.json().array("steps");
        for (int i = 0; i < steps.size(); i++) {
          var step = steps.at(i).asObject();
          try (var scope = Scope.open(backend, Mode.TRAIN)) {
            var losses = losses(model, i);
            compare(losses, step.array("losses_main_dis_txtkl_imgkl_total").doubles(), i);
            var gradients = Tape.gradients(losses.total());
            optimizer.step(gradients::find, step.array("lr").at(0).asDouble(), 1);
          }
        }
        compareParameters(model);
      }
    }

    private Losses losses(MmibModel model, int step) {
      var rule = INPUTS.matcher(one.json().string("inputs"));
      if (!rule.find()) {
        throw new AssertionError("not understood: " + one.json().string("inputs"));
      }
      var hash = new GoldenHash(Long.parseLong(rule.group(1)));
      var prefix = one.name() + "/step" + step + "/";
      var ids = file.tensor(prefix + "input_ids");
      int batch = ids.dims()[0];
      int hidden = model.bertConfig().hiddenSize();
      int slots = model.config().slots();
      var name = one.name() + "/" + step + "/";
      double lo = Double.parseDouble(rule.group(4));
      double hi = Double.parseDouble(rule.group(5));
      var noise =
          MmibGoldenSetup.noise(
              hash.uniform(name + "eps_txt", batch * ids.dims()[1] * hidden, lo, hi),
              hash.uniform(name + "eps_img", batch * slots * hidden, lo, hi));
      int features = model.config().image().network().features();
      var pooled =
          hash.uniform(
              name + "pooled",
              batch * slots * features,
              Double.parseDouble(rule.group(2)),
              Double.parseDouble(rule.group(3)));
      var images = setup.images(pooled, batch);
      return model instanceof NerModel ner
          ? ner.forward(setup.nerBatch(prefix), images, noise).losses()
          : ((RelationModel) model).forward(setup.relationBatch(prefix), images, noise).losses();
    }

    private AdamW optimizer(MmibModel model) {
      var rule = OPTIMIZER.matcher(one.json().string("optimizer"));
      if (!rule.find()) {
        throw new AssertionError("not understood: " + one.json().string("optimizer"));
      }
      var options =
          new AdamW.Options(
              Double.parseDouble(rule.group(1)),
              Double.parseDouble(rule.group(2)),
              Double.parseDouble(rule.group(3)),
              true);
      double decay = Double.parseDouble(rule.group(4));
      boolean sparesSome = rule.group(5).startsWith("except");
      var optimizer = new AdamW(backend, options);
      model
          .parameters()
          .trainable()
          .forEach(
              (name, tensor) -> {
                var released = names.released(name).orElseThrow();
                boolean spared =
                    sparesSome
                        && (released.contains("bias") || released.contains("LayerNorm.weight"));
                optimizer.add(name, tensor, new AdamW.Group(1, spared ? 0 : decay));
              });
      return optimizer;
    }

    private void compare(Losses losses, double[] expected, int step) {
      double[] got = {
        losses.task().item(),
        losses.alignment().item(),
        losses.klText().item(),
        losses.klImage().item(),
        losses.total().item()
      };
      for (int i = 0; i < PARTS.length; i++) {
        assertEquals(
            expected[i],
            got[i],
            1e-4 * Math.abs(expected[i]),
            backend.name() + " " + one.name() + ", step " + step + ", " + PARTS[i]);
      }
    }

    private void compareParameters(MmibModel model) {
      try (var scope = Scope.open(backend, Mode.INFER)) {
        for (var entry : one.json().object("final").members().entrySet()) {
          var spec = entry.getValue().asObject();
          var what = backend.name() + " " + one.name() + ", " + entry.getKey();
          var ours = names.ours(entry.getKey()).orElseThrow();
          var values = model.parameters().tensor(ours).toFloats();
          double error = Golden.number(spec.at("torch_f32_max_err"));
          double sum = 0;
          double sizes = 0;
          for (float x : values) {
            sum += x;
            sizes += Math.abs(x);
          }
          double expected = Golden.number(spec.at("sum"));
          double expectedSizes = Golden.number(spec.at("abs_sum"));
          double slack = Math.max(10 * error * values.length, 1e-5 * expectedSizes);
          assertEquals(expected, sum, slack, what + ": sum");
          assertEquals(expectedSizes, sizes, slack, what + ": sum of sizes");
          var stored = file.tensors().get(one.name() + "/final/" + entry.getKey());
          if (stored != null) {
            GoldenAssert.close(
                what, stored.floats(), values, GoldenAssert.tolerance(error, largest(values)));
          }
        }
      }
    }

    private static double largest(float[] values) {
      double largest = 0;
      for (float x : values) {
        largest = Math.max(largest, Math.abs(x));
      }
      return largest;
    }
  }
}
