package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.backend.kernel.OptimizerKernels.AdamStep;
import dev.mmib.backend.kernel.OptimizerKernels.Update;
import dev.mmib.tensor.Gradients;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Adam with decoupled weight decay, as torch computes it.
 *
 * <pre>
 *   m ← β₁m + (1 − β₁)g       v ← β₂v + (1 − β₂)g²
 *   p ← p − lr · λ · p − lr · (m / (1 − β₁ᵏ)) / (√(v / (1 − β₂ᵏ)) + ε)
 * </pre>
 *
 * <p>With {@link Options#adam} the decay joins the gradient instead. A parameter without a gradient
 * is left out of a step wholly: no decay, no change of its moments, and k stays. Not thread-safe.
 */
public final class AdamW implements AutoCloseable {

  /**
   * The constants of the method.
   *
   * @param decoupled whether the decay shrinks the parameter itself
   */
  public record Options(double beta1, double beta2, double eps, boolean decoupled) {

    public Options {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && eps >= 0)) {
        throw new IllegalArgumentException(
            "adam: betas " + beta1 + ", " + beta2 + ", eps " + eps + " vs [0, 1), [0, 1), from 0");
      }
    }

    /** AdamW with torch's defaults. */
    public static Options adamW() {
      return new Options(0.9, 0.999, 1e-8, true);
    }

    /** Plain Adam with torch's defaults. */
    public static Options adam() {
      return new Options(0.9, 0.999, 1e-8, false);
    }
  }

  /** What some parameters have in common: their nominal learning rate and decay. */
  public record Group(double learningRate, double weightDecay) {

    public Group {
      if (!(learningRate >= 0 && weightDecay >= 0)) {
        throw new IllegalArgumentException(
            "adam: learning rate " + learningRate + ", decay " + weightDecay + " vs from 0");
      }
    }
  }

  /**
   * What is remembered of one parameter between steps.
   *
   * @param step updates so far
   */
  public record State(Tensor m, Tensor v, long step) {}

  private record Member(String name, Tensor parameter, Group group) {}

  private final Backend backend;
  private final Options options;
  private final Scope memory;
  private final List<Member> members = new ArrayList<>();
  private final Map<String, State> states = new LinkedHashMap<>();

  public AdamW(Backend backend, Options options) {
    this.backend = backend;
    this.options = options;
    this.memory = Scope.detached(backend);
  }

  /** Adds a parameter under a name of its own. */
  public AdamW add(String name, Tensor parameter, Group group) {
    if (members.stream().anyMatch(member -> member.name().equals(name))) {
      throw new IllegalArgumentException("adam: parameter '" + name + "' was added before");
    }
    members.add(new Member(name, parameter, group));
    return this;
  }

  /** The gradients of this optimizer's parameters, of those that have one. */
  public List<Tensor> gradients(Function<Tensor, @Nullable Tensor> gradientOf) {
    var found = new ArrayList<Tensor>(members.size());
    for (var member : members) {
      var gradient = gradientOf.apply(member.parameter());
      if (gradient != null) {
        found.add(gradient);
      }
    }
    return found;
  }

  /** One step at the nominal learning rates. */
  public void step(Gradients gradients) {
    step(gradients::find, 1, 1);
  }

  /**
   * One step.
   *
   * @param gradientOf the gradient of a parameter, or null if it has none
   * @param rateFactor multiplies every group's learning rate: a {@link Schedule}'s factor
   * @param gradientFactor multiplies every gradient: a {@link GradientClip}'s factor
   */
  public void step(
      Function<Tensor, @Nullable Tensor> gradientOf, double rateFactor, double gradientFactor) {
    var updates = new ArrayList<Update>(members.size());
    var steps = new ArrayList<AdamStep>();
    for (var member : members) {
      var gradient = gradientOf.apply(member.parameter());
      if (gradient != null) {
        var state = advance(member);
        updates.add(
            new Update(
                step(member.group(), state.step(), rateFactor, gradientFactor, steps),
                member.parameter().buffer(),
                gradient.buffer(),
                state.m().buffer(),
                state.v().buffer()));
      }
    }
    backend.optimizer().adam(updates);
  }

  private State advance(Member member) {
    var shape = member.parameter().shape();
    var before = states.get(member.name());
    var state =
        before != null
            ? new State(before.m(), before.v(), before.step() + 1)
            : new State(memory.zeros(shape), memory.zeros(shape), 1);
    states.put(member.name(), state);
    return state;
  }

  /** The numbers of a parameter's step: as a rule those of another one before it. */
  private AdamStep step(
      Group group, long number, double rateFactor, double gradientFactor, List<AdamStep> before) {
    double rate = group.learningRate() * rateFactor;
    for (int i = 0; i < before.size(); i++) { // no iterator for each parameter
      var step = before.get(i);
      if (step.learningRate() == rate
          && step.weightDecay() == group.weightDecay()
          && step.step() == number) {
        return step;
      }
    }
    var step =
        new AdamStep(
            rate,
            options.beta1(),
            options.beta2(),
            options.eps(),
            group.weightDecay(),
            gradientFactor,
            options.decoupled(),
            number);
    before.add(step);
    return step;
  }

  /** What is remembered, by parameter name; a parameter never updated is absent. */
  public Map<String, State> states() {
    return Collections.unmodifiableMap(states);
  }

  /** Takes up where another optimizer stood with the parameter {@code name}. */
  public void restore(String name, float[] m, float[] v, long step) {
    for (var member : members) {
      if (member.name().equals(name)) {
        var shape = member.parameter().shape();
        states.put(name, new State(memory.of(shape, m), memory.of(shape, v), step));
        return;
      }
    }
    throw new IllegalArgumentException(
        "adam: no parameter '" + name + "' to restore: add it first");
  }

  /** Frees the moments. */
  @Override
  public void close() {
    memory.close();
  }
}
