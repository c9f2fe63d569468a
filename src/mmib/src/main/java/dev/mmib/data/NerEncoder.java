package dev.mmib.data;

import dev.mmib.text.BertTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Turns sentences into word pieces with tags.
 *
 * <p>A word's first piece carries its label, the others X; [CLS] and [SEP] carry their own tags.
 * Corrected: a text is cut before the word that does not fit, and a word without pieces becomes one
 * [UNK]. Reference: it is cut inside a word, and such a word vanishes with its label. Immutable.
 */
public final class NerEncoder {

  private final BertTokenizer tokenizer;
  private final TagSet tags;
  private final Fidelity fidelity;
  private final int longest;

  /**
   * An encoder.
   *
   * @param maxLength the most pieces, [CLS] and [SEP] included
   */
  public NerEncoder(BertTokenizer tokenizer, TagSet tags, Fidelity fidelity, int maxLength) {
    if (maxLength < 3) {
      throw new IllegalArgumentException(
          "encode: maxLength " + maxLength + " vs at least 3: [CLS], a piece, [SEP]");
    }
    this.tokenizer = tokenizer;
    this.tags = tags;
    this.fidelity = fidelity;
    this.longest = maxLength - 2;
  }

  /** A sentence with its labels. */
  public EncodedNer encode(NerExample example) {
    return encode(example.tokens(), example.labels().stream().mapToInt(tags::index).toArray());
  }

  /** Words without labels, as prediction has them: each counts as outside. */
  public EncodedNer encode(List<String> words) {
    int[] labels = new int[words.size()];
    Arrays.fill(labels, tags.outside());
    return encode(words, labels);
  }

  private EncodedNer encode(List<String> words, int[] labels) {
    var row = new Row();
    row.add(tokenizer.clsId(), tags.cls(), -1);
    int kept = 0;
    int dropped = 0;
    boolean full = false;
    for (int w = 0; w < labels.length && !full; w++) {
      int[] pieces = tokenizer.ids(words.get(w));
      if (pieces.length == 0 && fidelity == Fidelity.REFERENCE) {
        dropped++;
        continue;
      }
      int[] ids = pieces.length == 0 ? new int[] {tokenizer.unknownId()} : pieces;
      int room = longest + 1 - row.size();
      full = ids.length > room;
      int fitting = full ? (fidelity == Fidelity.REFERENCE ? room : 0) : ids.length;
      for (int i = 0; i < fitting; i++) {
        row.add(ids[i], i == 0 ? labels[w] : tags.continuation(), i == 0 ? w : -1);
      }
      kept += full ? 0 : 1;
    }
    row.add(tokenizer.sepId(), tags.sep(), -1);
    int cut = labels.length - kept - dropped;
    return new EncodedNer(
        row.column(0), new int[row.size()], row.column(1), row.column(2), cut, dropped);
  }

  /** A growing row of piece, tag and word. */
  private static final class Row {
    private final List<int[]> entries = new ArrayList<>();

    void add(int id, int tag, int word) {
      entries.add(new int[] {id, tag, word});
    }

    int size() {
      return entries.size();
    }

    int[] column(int index) {
      return entries.stream().mapToInt(entry -> entry[index]).toArray();
    }
  }
}
