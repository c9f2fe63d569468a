package dev.mmib.text;

import java.util.Arrays;
import java.util.List;

/** A growing run of word pieces and their ids. */
final class Pieces {

  private int[] ids;
  private String[] tokens;
  private int size;

  Pieces(int capacity) {
    this.ids = new int[capacity];
    this.tokens = new String[capacity];
  }

  /** Pieces that are at hand. */
  Pieces(List<String> tokens, int[] ids) {
    this.ids = ids;
    this.tokens = tokens.toArray(String[]::new);
    this.size = ids.length;
  }

  void add(int id, String token) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size + 8);
      tokens = Arrays.copyOf(tokens, ids.length);
    }
    ids[size] = id;
    tokens[size++] = token;
  }

  int size() {
    return size;
  }

  /** Forgets all pieces after the first ones. */
  void keep(int first) {
    size = first;
  }

  int[] ids() {
    return Arrays.copyOf(ids, size);
  }

  List<String> tokens() {
    return List.of(Arrays.copyOf(tokens, size));
  }

  /** Copies the first pieces to a place. */
  void copy(int count, int[] toIds, String[] toTokens, int at) {
    System.arraycopy(ids, 0, toIds, at, count);
    System.arraycopy(tokens, 0, toTokens, at, count);
  }
}
