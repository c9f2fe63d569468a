package dev.mmib.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The ops run in a scope, in order, each with its derivatives.
 *
 * <p>An op records itself as one line per input, the way a table of derivatives reads:
 *
 * <pre>{@code
 * return Tape.record("mul", y)
 *     .wrt(a, dy -> mul(dy, b))
 *     .wrt(b, dy -> mul(dy, a))
 *     .result();
 * }</pre>
 */
public final class Tape {

  /** The gradients of several inputs at once; an entry is null where it is not needed. */
  @FunctionalInterface
  public interface JointDerivative {
    List<@Nullable Tensor> apply(Tensor dy);
  }

  private record Entry(
      String op, Tensor output, List<@Nullable Tensor> inputs, JointDerivative derivative) {}

  private final List<Entry> entries = new ArrayList<>();
  private final Set<Tensor> tracked = Collections.newSetFromMap(new IdentityHashMap<>());
  private boolean recording;

  /** Of all scopes that record nothing. */
  static final Tape NONE = new Tape(false);

  Tape() {
    this(true);
  }

  private Tape(boolean recording) {
    this.recording = recording;
  }

  /** Declares that {@code op} has no derivative: fails if one would be needed. */
  public static Tensor forwardOnly(String op, Tensor output, Tensor... inputs) {
    for (var input : inputs) {
      if (needsGradient(op, input)) {
        throw new IllegalStateException(
            op + ": has no derivative, but " + input + " needs one: run it in an INFER scope");
      }
    }
    return output;
  }

  /** Whether a derivative with respect to {@code input} has to be computed in this scope. */
  private static boolean needsGradient(String op, Tensor input) {
    var scope = Scope.current();
    var tape = scope.tape();
    if (!tape.recording) {
      return false;
    }
    if (tape.tracks(input)) {
      return true;
    }
    if (scope.isRecordedOutside(input)) {
      throw new IllegalStateException(
          op + ": " + input + " was recorded in an outer scope; its gradient would be lost");
    }
    return false;
  }

  /** Starts the record of an op whose derivatives are independent of each other. */
  public static Recorder record(String op, Tensor output) {
    return new Recorder(op, output);
  }

  /**
   * Records an op whose derivatives come out of one computation.
   *
   * @param inputs what to differentiate with respect to; null for an optional input that is absent
   * @param derivative given which inputs need a gradient, maps dy to their gradients
   */
  public static Tensor recordJointly(
      String op,
      Tensor output,
      List<@Nullable Tensor> inputs,
      Function<boolean[], JointDerivative> derivative) {
    var needed = new boolean[inputs.size()];
    var edges = new ArrayList<@Nullable Tensor>(needed.length);
    boolean any = false;
    for (int i = 0; i < needed.length; i++) {
      var input = inputs.get(i);
      needed[i] = input != null && needsGradient(op, input);
      any |= needed[i];
      edges.add(needed[i] ? input : null);
    }
    if (any) {
      Scope.current().tape().add(new Entry(op, output, edges, derivative.apply(needed)));
    }
    return output;
  }

  /** The gradients of a scalar with respect to every parameter it was computed from. */
  public static Gradients gradients(Tensor loss) {
    return Scope.current().tape().differentiate(loss);
  }

  /** The names of the ops recorded so far in the current scope, in order. */
  public static List<String> recordedOps() {
    return Scope.current().tape().entries.stream().map(Entry::op).toList();
  }

  /**
   * An op of the tape.
   *
   * @param place its number in order, from 1
   * @param weight the last parameter that an op up to it took in; null if none did
   */
  public record Recorded(String op, int place, int ops, Tensor output, @Nullable Tensor weight) {}

  /**
   * The first op recorded in the current scope whose output has an element that is not finite:
   * where a loss went wrong. Reads every output; for diagnosis.
   */
  public static Optional<Recorded> firstNotFinite() {
    var scope = Scope.current();
    var entries = scope.tape().entries;
    Tensor weight = null;
    for (int i = 0; i < entries.size(); i++) {
      var entry = entries.get(i);
      for (var input : entry.inputs()) {
        if (input != null && input.isParameter()) {
          weight = input;
        }
      }
      double squares = scope.backend().optimizer().sumOfSquares(entry.output().buffer());
      if (!Double.isFinite(squares)) {
        return Optional.of(new Recorded(entry.op(), i + 1, entries.size(), entry.output(), weight));
      }
    }
    return Optional.empty();
  }

  boolean recorded(Tensor t) {
    return tracked.contains(t);
  }

  private boolean tracks(Tensor t) {
    return t.isParameter() || tracked.contains(t);
  }

  private void add(Entry entry) {
    entries.add(entry);
    tracked.add(entry.output());
  }

  private Gradients differentiate(Tensor loss) {
    if (loss.shape().size() != 1) {
      throw new IllegalArgumentException(
          "gradients: the loss must be a scalar, but has shape " + loss.shape());
    }
    if (!tracked.contains(loss)) {
      throw new IllegalStateException(
          "gradients: the loss does not depend on any parameter recorded in this scope");
    }
    recording = false; // the derivatives themselves are not differentiated
    var scope = Scope.current();
    var gradients = new Gradients(scope);
    gradients.seed(loss);
    try (var inner = Scope.open(scope.backend(), Mode.INFER)) {
      for (int i = entries.size() - 1; i >= 0; i--) {
        var entry = entries.get(i);
        var dy = gradients.take(entry.output());
        if (dy != null) { // the loss depends on this output
          differentiate(entry, dy, gradients);
          inner.free(); // what the derivative made on the way
          gradients.drop(dy);
        }
      }
    }
    return gradients;
  }

  /** Adds the gradients of an op's inputs: of what is made here, only they are kept. */
  private static void differentiate(Entry entry, Tensor dy, Gradients gradients) {
    var results = entry.derivative().apply(dy);
    for (int n = 0; n < entry.inputs().size(); n++) {
      var input = entry.inputs().get(n);
      var dx = results.get(n);
      if (input == null || dx == null) {
        continue;
      }
      if (!dx.shape().equals(input.shape())) {
        throw new IllegalStateException(
            entry.op() + ": gradient " + dx + " does not fit its input " + input);
      }
      gradients.accumulate(input, dx);
    }
  }

  /** Collects the derivatives of one op. */
  public static final class Recorder {
    private static final int USUAL_INPUTS = 2;

    private final String op;
    private final Tensor output;
    // Made when needed: most ops run where nothing is recorded, in derivatives and in inference.
    private @Nullable List<@Nullable Tensor> inputs;
    private @Nullable List<UnaryOperator<Tensor>> derivatives;

    private Recorder(String op, Tensor output) {
      this.op = op;
      this.output = output;
    }

    /** Adds the map from the output's gradient to {@code input}'s. Skipped when not needed. */
    public Recorder wrt(Tensor input, UnaryOperator<Tensor> derivative) {
      if (needsGradient(op, input)) {
        if (inputs == null || derivatives == null) {
          inputs = new ArrayList<>(USUAL_INPUTS);
          derivatives = new ArrayList<>(USUAL_INPUTS);
        }
        inputs.add(input);
        derivatives.add(derivative);
      }
      return this;
    }

    /** The output, now with its derivatives on the tape. */
    public Tensor result() {
      if (inputs != null && derivatives != null) {
        var each = derivatives;
        Scope.current().tape().add(new Entry(op, output, inputs, dy -> applied(each, dy)));
      }
      return output;
    }

    private static List<@Nullable Tensor> applied(
        List<UnaryOperator<Tensor>> derivatives, Tensor dy) {
      var results = new ArrayList<@Nullable Tensor>(derivatives.size());
      for (int i = 0; i < derivatives.size(); i++) {
        results.add(derivatives.get(i).apply(dy));
      }
      return results;
    }
  }
}
