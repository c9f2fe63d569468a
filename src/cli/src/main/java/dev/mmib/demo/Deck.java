package dev.mmib.demo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Cards dealt in random order and shuffled again when they are used up.
 *
 * <p>Every card has its probability like in independent draws, but the shares of a few hundred
 * draws stray much less from it, so that a small test split measures what it should.
 */
final class Deck<T> {

  private final List<T> cards;
  private final Random random;
  private int next;

  Deck(List<T> cards, Random random) {
    this.cards = new ArrayList<>(cards);
    this.random = random;
    this.next = cards.size();
  }

  /** A deck of two cards: {@code true} with this share, in hundredths. */
  static Deck<Boolean> ofShare(double share, Random random) {
    int yes = (int) Math.round(share * 100);
    var cards = new ArrayList<Boolean>(Collections.nCopies(yes, true));
    cards.addAll(Collections.nCopies(100 - yes, false));
    return new Deck<>(cards, random);
  }

  /** Labels with the given shares, in tenths. */
  static Deck<Integer> ofShares(double[] shares, Random random) {
    var cards = new ArrayList<Integer>();
    for (int label = 0; label < shares.length; label++) {
      cards.addAll(Collections.nCopies((int) Math.round(shares[label] * 10), label));
    }
    return new Deck<>(cards, random);
  }

  T draw() {
    if (next == cards.size()) {
      Collections.shuffle(cards, random);
      next = 0;
    }
    return cards.get(next++);
  }
}
