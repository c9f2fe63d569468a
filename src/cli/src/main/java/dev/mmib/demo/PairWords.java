package dev.mmib.demo;

import java.util.List;

/** The people and sentences of the relation posts, and how much each sentence says. */
final class PairWords {

  /** The relations in the order of rel2id.json. */
  static final List<String> RELATIONS =
      List.of("None", "/per/per/couple", "/per/per/parent", "/per/per/peer");

  /** A sentence and how probable each relation is in it. */
  record Sentence(String text, double[] prior) {}

  /**
   * Sentences that leave the relation open. One relation has half of the cases; where None has,
   * each other one is too rare to be worth naming, also for F1.
   */
  static final List<Sentence> OPEN =
      List.of(
          open("what a night with {H} and {T} #TAG URL", 0.1, 0.5, 0.2, 0.2),
          open("RT @USER : {H} and {T} arrive together", 0.1, 0.5, 0.2, 0.2),
          open("dinner for {H} and {T} tonight #TAG", 0.1, 0.5, 0.2, 0.2),
          open("{H} shows {T} around the house today #TAG", 0.1, 0.2, 0.5, 0.2),
          open("big day for {H} and {T} URL", 0.1, 0.2, 0.5, 0.2),
          open("{H} waits for {T} after school @USER", 0.1, 0.2, 0.5, 0.2),
          open("{H} and {T} are back on monday #TAG", 0.1, 0.2, 0.2, 0.5),
          open("long session with {H} and {T} today URL", 0.1, 0.2, 0.2, 0.5),
          open("RT @USER : {H} thanks {T} for everything", 0.1, 0.2, 0.2, 0.5),
          open("seen at the airport : {H} and {T} #TAG", 0.5, 0.2, 0.2, 0.1));

  /** Sentences that name the relation; a row for each. */
  static final List<List<String>> TELLING =
      List.of(
          List.of(
              "{H} has never met {T} , says the manager",
              "not related at all : {H} and the singer {T} URL"),
          List.of(
              "{H} marries {T} in a small church #TAG",
              "{H} and {T} celebrate ten years of marriage"),
          List.of("{H} takes first born {T} to school URL", "proud parent {H} holds baby {T} #TAG"),
          List.of(
              "{H} and team mate {T} win the doubles #TAG",
              "{H} shares an office with colleague {T} URL"));

  static final List<String> PEOPLE =
      List.of(
          "Maria Lopez",
          "Tom Becker",
          "Anna Novak",
          "Peter Hall",
          "Sam",
          "Nora",
          "Luis",
          "Emma",
          "Karl Weber",
          "Julia Stone",
          "Omar",
          "Lena Fischer",
          "Hugo",
          "Ines",
          "Paul Adams",
          "Mia");

  private PairWords() {}

  private static Sentence open(String text, double... prior) {
    return new Sentence(text, prior);
  }
}
