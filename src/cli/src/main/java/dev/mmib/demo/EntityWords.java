package dev.mmib.demo;

import java.util.List;

/** The names and sentences of the entity posts, and how much each says about the type. */
final class EntityWords {

  /** The types as the data sets write them; their order is that of all probabilities here. */
  static final List<String> TYPES = List.of("PER", "LOC", "ORG", "OTHER");

  /** A name and how probable each type is for it. */
  record Name(String text, double[] prior) {}

  /**
   * Names that can be anything: one type with half of the cases, two more with the rest. With half
   * the probability, naming that type is right even for F1. Few names, so that a small training
   * split shows how often each is what, also under pictures that show nothing.
   */
  static final List<Name> OPEN =
      open(
          "Jordan",
          "Lincoln Park",
          "Phoenix",
          "Blue Harbor",
          "Royal Oak",
          "Austin",
          "Chelsea",
          "Saint Martin",
          "Victoria",
          "Golden Gate",
          "Red Falcon",
          "West Virginia Moon");

  /** Names that mean one type wherever they stand; a row for each type. */
  static final List<List<String>> CLEAR =
      List.of(
          List.of("Maria Lopez", "Tom Becker", "Anna Novak"),
          List.of("Lake Verin", "North Quay", "Mount Ardel"),
          List.of("Helix Labs", "Acme Corp", "Norbank"),
          List.of("Galaxy Cup", "Nova Phone", "Winter Opera"));

  /** Sentences that fit every type. */
  static final List<String> NEUTRAL =
      List.of(
          "RT @USER : {X} looks amazing today #TAG URL",
          "can not stop thinking about {X} right now #TAG",
          "{X} was the best part of my week URL",
          "finally ! {X} again this weekend #TAG",
          "so much love for {X} @USER URL",
          "throwback to {X} last summer #TAG URL",
          "nothing beats {X} on a sunday #TAG",
          "everybody talks about {X} these days URL",
          "my favourite picture of {X} so far @USER",
          "RT @USER : remember {X} ? #TAG #TAG",
          "this is {X} , believe it or not URL",
          "a day with {X} is a good day #TAG");

  /** Sentences that fit one type only; a row for each. */
  static final List<List<String>> TELLING =
      List.of(
          List.of(
              "{X} sings a new song on stage tonight #TAG",
              "happy birthday {X} , you are thirty today URL",
              "{X} smiles and signs shirts for the fans"),
          List.of(
              "driving through {X} in heavy rain #TAG",
              "the streets of {X} are empty tonight URL",
              "we moved to {X} , close to the river"),
          List.of(
              "{X} hires fifty engineers this year URL",
              "shares of {X} fall after weak earnings #TAG",
              "the board of {X} fired its chief"),
          List.of(
              "unboxing my brand new {X} right now URL",
              "watched {X} twice at the cinema #TAG",
              "tickets for the {X} final are sold out"));

  /** Sentences with a second name, one that is clear in itself. */
  static final List<String> WITH_SECOND =
      List.of(
          "{X} together with {Y} , what a day #TAG",
          "first {Y} and then {X} this weekend URL",
          "RT @USER : {Y} meets {X} #TAG");

  static final List<String> USERS =
      List.of("@mila", "@the_daily", "@jonas77", "@city_desk", "@kate_w", "@fanpage");

  static final List<String> TAGS =
      List.of("#love", "#wow", "#blessed", "#weekend", "#mood", "#throwback", "#happy", "#news");

  private EntityWords() {}

  private static List<Name> open(String... names) {
    double[] shares = {0.5, 0.3, 0.2};
    var out = new java.util.ArrayList<Name>();
    for (int i = 0; i < names.length; i++) {
      double[] prior = new double[TYPES.size()];
      int step = i / 4 % 2 == 0 ? 1 : 3;
      for (int k = 0; k < shares.length; k++) {
        prior[(i + k * step) % prior.length] = shares[k];
      }
      out.add(new Name(names[i], prior));
    }
    return List.copyOf(out);
  }
}
