package dev.mmib.convert.pickle;

import java.util.List;

/**
 * The names that a pickle may use, and what is done for each.
 *
 * <p>The machine itself knows no name and makes only plain values.
 */
public interface Constructors {

  /** Gives what a name stands for, often the name itself, if it is allowed. */
  PickleValue named(PickleValue.Global name) throws Refusal;

  /** Gives what Python would have by calling an allowed name. */
  PickleValue call(PickleValue.Global name, List<PickleValue> arguments) throws Refusal;

  /** Takes the state that Python would set on an object made before. */
  void build(PickleValue on, PickleValue state) throws Refusal;

  /** Gives what is stored outside the pickle under an id. */
  PickleValue persistent(PickleValue id) throws Refusal;

  /** No names at all: plain containers, numbers and strings. */
  static Constructors none() {
    return new Constructors() {
      private static final String HINT = "Only containers, numbers and strings are expected here";

      @Override
      public PickleValue named(PickleValue.Global name) throws Refusal {
        throw Refusal.forbidden(name, HINT);
      }

      @Override
      public PickleValue call(PickleValue.Global name, List<PickleValue> arguments) throws Refusal {
        throw Refusal.forbidden(name, HINT);
      }

      @Override
      public void build(PickleValue on, PickleValue state) throws Refusal {
        throw Refusal.forbidden("BUILD sets the state of an object", HINT);
      }

      @Override
      public PickleValue persistent(PickleValue id) throws Refusal {
        throw Refusal.unsupported("refers to something outside the pickle", HINT);
      }
    };
  }
}
