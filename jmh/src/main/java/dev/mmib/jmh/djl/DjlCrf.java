package dev.mmib.jmh.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.mmib.jmh.Contender;
import dev.mmib.jmh.CrfWorkloads.Chain;
import dev.mmib.jmh.CrfWorkloads.Question;
import java.util.ArrayList;
import java.util.List;

/**
 * A CRF from DJL's operators, as one is written in PyTorch: a loop over places, all sequences and
 * tags at once. DJL has none of its own.
 */
public final class DjlCrf implements Contender {

  private final Engine engine;
  private final NDManager manager;
  private final Chain chain;
  private final Question question;
  private final NDArray emissions;
  private final NDArray transitions;
  private final NDArray start;
  private final NDArray end;
  private final NDArray chosen;
  private final NDArray counts;
  private float[] result = NO_RESULT;

  public DjlCrf(int threads, Chain chain, Question question) {
    this.engine = Djl.engine(threads);
    this.manager = engine.newBaseManager();
    this.chain = chain;
    this.question = question;
    int tags = chain.tags();
    emissions = parameter(chain.emissions(), new Shape(chain.batch(), chain.tokens(), tags));
    transitions = parameter(chain.transitions(), new Shape(tags, tags));
    start = parameter(chain.start(), new Shape(tags));
    end = parameter(chain.end(), new Shape(tags));
    // The gold score is a sum of products with constants: which tags, and how often which step.
    var which = new float[chain.batch() * chain.tokens() * tags];
    var steps = new float[tags * tags];
    int[] gold = chain.gold();
    for (int i = 0; i < gold.length; i++) {
      which[i * tags + gold[i]] = 1;
      if (i % chain.tokens() > 0) {
        steps[gold[i - 1] * tags + gold[i]]++;
      }
    }
    chosen = manager.create(which, new Shape(chain.batch(), chain.tokens(), tags));
    counts = manager.create(steps, new Shape(tags, tags));
  }

  private NDArray parameter(float[] values, Shape shape) {
    var array = manager.create(values, shape);
    array.setRequiresGradient(question == Question.LIKELIHOOD);
    return array;
  }

  @Override
  public void run() {
    try (var step = manager.newSubManager()) {
      var all = List.of(emissions, transitions, start, end);
      all.forEach(array -> array.attach(step));
      if (question == Question.BEST) {
        best();
      } else {
        likelihood();
      }
      all.forEach(array -> array.attach(manager));
    }
  }

  private void likelihood() {
    try (var collector = engine.newGradientCollector()) {
      var scores = emissions.get(":, 0").add(start);
      for (int t = 1; t < chain.tokens(); t++) {
        var from = scores.expandDims(2).add(transitions);
        scores = logSumExp(from).add(emissions.get(":, " + t));
      }
      var total = logSumExp(scores.add(end)).sum();
      var first = chosen.get(":, 0").mul(start).sum();
      var last = chosen.get(":, " + (chain.tokens() - 1)).mul(end).sum();
      var gold =
          emissions.mul(chosen).sum().add(transitions.mul(counts).sum()).add(first).add(last);
      collector.backward(gold.sub(total));
    }
    var gradient = transitions.getGradient();
    result = gradient.toFloatArray();
    gradient.subi(gradient); // they would add up
    gradient.close();
  }

  /** Over the second axis; DJL has no operator for it. */
  private static NDArray logSumExp(NDArray x) {
    var largest = x.max(new int[] {1}, true).stopGradient();
    return x.sub(largest).exp().sum(new int[] {1}).log().add(largest.squeeze(1));
  }

  private void best() {
    var scores = emissions.get(":, 0").add(start);
    var back = new ArrayList<long[]>();
    for (int t = 1; t < chain.tokens(); t++) {
      var from = scores.expandDims(2).add(transitions);
      back.add(from.argMax(1).toType(DataType.INT64, false).toLongArray());
      scores = from.max(new int[] {1}).add(emissions.get(":, " + t));
    }
    long[] last = scores.add(end).argMax(1).toType(DataType.INT64, false).toLongArray();
    var paths = new float[chain.batch() * chain.tokens()];
    for (int b = 0; b < chain.batch(); b++) {
      int tag = (int) last[b];
      for (int t = chain.tokens() - 1; t >= 0; t--) {
        paths[b * chain.tokens() + t] = tag;
        tag = t == 0 ? tag : (int) back.get(t - 1)[b * chain.tags() + tag];
      }
    }
    result = paths;
  }

  @Override
  public float[] result() {
    run();
    return result;
  }

  @Override
  public String description() {
    return Djl.description(engine);
  }

  @Override
  public void close() {
    manager.close();
  }
}
