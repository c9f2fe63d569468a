package dev.mmib.demo;

import dev.mmib.data.Span;
import dev.mmib.demo.Attainable.Posterior;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Draws relation posts.
 *
 * <pre>
 *   clear? ~ Bernoulli(clearShare)
 *     clear:  relation ~ uniform, a sentence that names it
 *     open:   sentence ~ uniform, relation ~ P(relation | sentence)
 *   two different people
 *   picture ~ stray: any relation's drawing | irrelevant: a pattern | the relation's drawing
 * </pre>
 */
final class PairPosts {

  private final Random random;
  private final Deck<Boolean> clear;
  private final Deck<Boolean> irrelevant;
  private final Stray stray;
  private final Deck<Integer> told;
  private final Deck<PairWords.Sentence> sentences;
  private final Map<String, Deck<Integer>> relations = new HashMap<>();

  PairPosts(DemoData.Options options, Random random) {
    this.random = random;
    this.clear = Deck.ofShare(options.clearShare(), random);
    this.irrelevant = Deck.ofShare(options.irrelevantShare(), random);
    this.stray = new Stray(options, PairWords.RELATIONS.size());
    this.told = new Deck<>(List.of(0, 1, 2, 3), random);
    this.sentences = new Deck<>(PairWords.OPEN, random);
    for (var sentence : PairWords.OPEN) {
      relations.put(sentence.text(), Deck.ofShares(sentence.prior(), random));
    }
  }

  List<PairPost> make(String split, int count) {
    var posts = new ArrayList<PairPost>();
    for (int i = 0; i < count; i++) {
      posts.add(make(String.format("demo_pair_%s_%04d", split, i)));
    }
    return posts;
  }

  private PairPost make(String id) {
    if (clear.draw()) {
      int relation = told.draw();
      List<String> telling = PairWords.TELLING.get(relation);
      String text = telling.get(random.nextInt(telling.size()));
      double[] certain = Posterior.certain(relation, PairWords.RELATIONS.size());
      return post(id, text, relation, certain, true);
    }
    PairWords.Sentence sentence = sentences.draw();
    int relation = Objects.requireNonNull(relations.get(sentence.text())).draw();
    return post(id, sentence.text(), relation, sentence.prior(), false);
  }

  private PairPost post(
      String id, String sentence, int relation, double[] fromText, boolean textTells) {
    int shown = stray.shown(relation, irrelevant.draw());
    int one = random.nextInt(PairWords.PEOPLE.size());
    int other = (one + 1 + random.nextInt(PairWords.PEOPLE.size() - 1)) % PairWords.PEOPLE.size();
    var tokens = new ArrayList<String>();
    Span head = new Span(0, 1);
    Span tail = new Span(0, 1);
    for (String word : sentence.split(" ")) {
      switch (word) {
        case "{H}" -> head = add(PairWords.PEOPLE.get(one), tokens);
        case "{T}" -> tail = add(PairWords.PEOPLE.get(other), tokens);
        default -> tokens.add(Words.fill(word, random));
      }
    }
    return new PairPost(
        id,
        tokens,
        head,
        tail,
        relation,
        shown,
        textTells,
        new Posterior(fromText, stray.posterior(fromText, shown), 0));
  }

  private static Span add(String name, List<String> tokens) {
    int start = tokens.size();
    tokens.addAll(List.of(name.split(" ")));
    return new Span(start, tokens.size());
  }
}
