package dev.mmib.demo;

import dev.mmib.demo.Attainable.Posterior;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Draws entity posts.
 *
 * <pre>
 *   clear? ~ Bernoulli(clearShare)
 *     clear:  half the time a clear name in a neutral sentence, else an open name in a telling one
 *     open:   name ~ uniform, type ~ P(type | name), a neutral sentence
 *   a few of the open posts name a second, clear name
 *   picture ~ stray: any type's drawing | irrelevant: a pattern | the type's drawing
 * </pre>
 *
 * <p>Given the words of an open post the type has the name's probabilities and nothing else tells
 * more; given a clear one it is certain. A picture that shows a type makes it certain too where
 * none is stray, and more probable where some are: see {@link Stray}.
 */
final class EntityPosts {

  private static final double SECOND_SHARE = 0.08;

  private final Random random;
  private final Deck<Boolean> clear;
  private final Deck<Boolean> irrelevant;
  private final Stray stray;
  private final Deck<Boolean> second;
  private final Deck<EntityWords.Name> names;
  private final Map<String, Deck<Integer>> types = new HashMap<>();
  private final Deck<String> neutral;

  EntityPosts(DemoData.Options options, Random random) {
    this.random = random;
    this.clear = Deck.ofShare(options.clearShare(), random);
    this.irrelevant = Deck.ofShare(options.irrelevantShare(), random);
    this.stray = new Stray(options, EntityWords.TYPES.size());
    this.second = Deck.ofShare(SECOND_SHARE, random);
    this.names = new Deck<>(EntityWords.OPEN, random);
    this.neutral = new Deck<>(EntityWords.NEUTRAL, random);
    for (var name : EntityWords.OPEN) {
      types.put(name.text(), Deck.ofShares(name.prior(), random));
    }
  }

  List<EntityPost> make(String split, int count) {
    var posts = new ArrayList<EntityPost>();
    for (int i = 0; i < count; i++) {
      posts.add(clear.draw() ? clearPost(id(split, i)) : openPost(id(split, i)));
    }
    return posts;
  }

  private static String id(String split, int i) {
    return String.format("demo_%s_%04d", split, i);
  }

  private EntityPost clearPost(String id) {
    if (random.nextBoolean()) {
      int type = random.nextInt(EntityWords.TYPES.size());
      return post(id, neutral.draw(), any(EntityWords.CLEAR.get(type)), type, certain(type), true);
    }
    EntityWords.Name name = names.draw();
    int type = type(name);
    String sentence = any(EntityWords.TELLING.get(type));
    return post(id, sentence, name.text(), type, certain(type), true);
  }

  private EntityPost openPost(String id) {
    EntityWords.Name name = names.draw();
    String sentence = second.draw() ? any(EntityWords.WITH_SECOND) : neutral.draw();
    return post(id, sentence, name.text(), type(name), name.prior(), false);
  }

  private int type(EntityWords.Name name) {
    return Objects.requireNonNull(types.get(name.text())).draw();
  }

  private static double[] certain(int type) {
    return Posterior.certain(type, EntityWords.TYPES.size());
  }

  private EntityPost post(
      String id, String sentence, String name, int type, double[] fromText, boolean textTells) {
    int shown = stray.shown(type, irrelevant.draw());
    var tokens = new ArrayList<String>();
    var labels = new ArrayList<String>();
    var posteriors = new ArrayList<Posterior>();
    for (String word : sentence.split(" ")) {
      switch (word) {
        case "{X}" -> {
          addName(name, type, tokens, labels);
          posteriors.add(new Posterior(fromText, stray.posterior(fromText, shown), -1));
        }
        case "{Y}" -> {
          int other = random.nextInt(EntityWords.TYPES.size());
          addName(any(EntityWords.CLEAR.get(other)), other, tokens, labels);
          posteriors.add(new Posterior(certain(other), certain(other), -1));
        }
        default -> {
          tokens.add(Words.fill(word, random));
          labels.add("O");
        }
      }
    }
    return new EntityPost(id, tokens, labels, type, shown, textTells, posteriors);
  }

  private static void addName(String name, int type, List<String> tokens, List<String> labels) {
    String prefix = "B-";
    for (String word : name.split(" ")) {
      tokens.add(word);
      labels.add(prefix + EntityWords.TYPES.get(type));
      prefix = "I-";
    }
  }

  private String any(List<String> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
