package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.text.BertTokenizer;
import dev.mmib.text.EncodeOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Turns sentences into word pieces with markers around head and tail.
 *
 * <pre>  [CLS] … &lt;s&gt; head &lt;/s&gt; … &lt;o&gt; tail &lt;/o&gt; … [SEP]</pre>
 *
 * <p>Corrected: every marker is written and nests well; of a text that is too long, the two
 * entities and the text around them are kept, in whole words; a row whose entities do not fit is
 * refused with its place. Reference: the end of the text is cut off, markers with it, and a span
 * that ends the sentence has no closing marker. Immutable.
 */
public final class RelationEncoder {

  /** The markers: before and after the head, before and after the tail. */
  public static final List<String> MARKERS = List.of("<s>", "</s>", "<o>", "</o>");

  private static final String HEAD = MARKERS.get(0);
  private static final String HEAD_END = MARKERS.get(1);
  private static final String TAIL = MARKERS.get(2);
  private static final String TAIL_END = MARKERS.get(3);

  private final BertTokenizer tokenizer;
  private final RelationSet relations;
  private final Fidelity fidelity;
  private final int maxLength;

  /**
   * An encoder.
   *
   * @param tokenizer one that has the markers, see {@link BertTokenizer#withAddedTokens}
   * @param maxLength the most pieces, [CLS] and [SEP] included
   */
  public RelationEncoder(
      BertTokenizer tokenizer, RelationSet relations, Fidelity fidelity, int maxLength) {
    if (maxLength < 8) {
      throw new IllegalArgumentException(
          "encode: maxLength " + maxLength + " vs at least 8: [CLS], [SEP], 4 markers, 2 words");
    }
    if (!MARKERS.stream().allMatch(tokenizer::contains)) {
      throw new IllegalArgumentException(
          "encode: a tokenizer without " + MARKERS + ": add them with withAddedTokens");
    }
    this.tokenizer = tokenizer.withAddedTokens(MARKERS);
    this.relations = relations;
    this.fidelity = fidelity;
    this.maxLength = maxLength;
  }

  /** A row with its relation. */
  public EncodedRelation encode(RelationExample example) {
    return encode(
        example.tokens(),
        example.head(),
        example.tail(),
        relations.index(example.relation()),
        example.place());
  }

  /** Words and two spans without a relation, as prediction has them: it counts as None. */
  public EncodedRelation encode(List<String> words, Span head, Span tail, String place) {
    if (head.end() > words.size() || tail.end() > words.size()) {
      throw new IllegalArgumentException(
          "encode: spans " + head + " and " + tail + " vs " + words.size() + " words");
    }
    return encode(words, head, tail, relations.none(), place);
  }

  private EncodedRelation encode(
      List<String> words, Span head, Span tail, int relation, String place) {
    return fidelity == Fidelity.REFERENCE
        ? asReleased(words, head, tail, relation)
        : corrected(words, head, tail, relation, place);
  }

  private EncodedRelation asReleased(List<String> words, Span head, Span tail, int relation) {
    var marked = new ArrayList<String>();
    for (int i = 0; i < words.size(); i++) {
      mark(marked, i == head.start(), HEAD);
      mark(marked, i == head.end(), HEAD_END);
      mark(marked, i == tail.start(), TAIL);
      mark(marked, i == tail.end(), TAIL_END);
      marked.add(words.get(i));
    }
    var encoding = tokenizer.encode(String.join(" ", marked), EncodeOptions.atMost(maxLength));
    int[] ids = encoding.ids();
    return new EncodedRelation(
        ids,
        encoding.types(),
        indexOf(tokenizer.idOf(HEAD), ids),
        indexOf(tokenizer.idOf(TAIL), ids),
        relation,
        encoding.cut() == 0 ? 0 : cutWords(marked, maxLength - 2));
  }

  private static void mark(List<String> marked, boolean here, String marker) {
    if (here) {
      marked.add(marker);
    }
  }

  private static int indexOf(int id, int[] ids) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == id) {
        return i;
      }
    }
    return -1;
  }

  /** Words, markers left aside, of which some piece lies beyond {@code room}. */
  private int cutWords(List<String> marked, int room) {
    int used = 0;
    int cut = 0;
    for (String word : marked) {
      used += tokenizer.ids(word).length;
      cut += used > room && !MARKERS.contains(word) ? 1 : 0;
    }
    return cut;
  }

  private EncodedRelation corrected(
      List<String> words, Span head, Span tail, int relation, String place) {
    var pieces = new ArrayList<int[]>();
    for (String word : words) {
      int[] ids = tokenizer.ids(word);
      pieces.add(ids.length == 0 ? new int[] {tokenizer.unknownId()} : ids);
    }
    boolean[] keep = kept(pieces, head, tail, place);
    boolean headFirst =
        head.start() < tail.start()
            || (head.start() == tail.start() && head.length() >= tail.length());
    var ofHead = new Marked(head, tokenizer.idOf(HEAD), tokenizer.idOf(HEAD_END));
    var ofTail = new Marked(tail, tokenizer.idOf(TAIL), tokenizer.idOf(TAIL_END));
    var row = new Row();
    row.add(tokenizer.clsId());
    int[] opened =
        write(row, pieces, keep, headFirst ? ofHead : ofTail, headFirst ? ofTail : ofHead);
    row.add(tokenizer.sepId());
    int cut = 0;
    for (boolean kept : keep) {
      cut += kept ? 0 : 1;
    }
    int[] ids = row.toArray();
    return new EncodedRelation(
        ids,
        new int[ids.length],
        opened[headFirst ? 0 : 1],
        opened[headFirst ? 1 : 0],
        relation,
        cut);
  }

  /** A span and the ids of its markers. */
  private record Marked(Span span, int open, int close) {}

  /** Writes words and markers, the span that opens first closing last; where the two opened. */
  private static int[] write(
      Row row, List<int[]> pieces, boolean[] keep, Marked first, Marked second) {
    int[] opened = new int[2];
    for (int i = 0; i <= keep.length; i++) {
      row.addIf(second.span().end() == i, second.close());
      row.addIf(first.span().end() == i, first.close());
      if (first.span().start() == i) {
        opened[0] = row.add(first.open());
      }
      if (second.span().start() == i) {
        opened[1] = row.add(second.open());
      }
      if (i < keep.length && keep[i]) {
        row.addAll(pieces.get(i));
      }
    }
    return opened;
  }

  /** The words that stay: both entities, then what lies between them, then what lies around. */
  private boolean[] kept(List<int[]> pieces, Span head, Span tail, String place) {
    boolean[] keep = new boolean[pieces.size()];
    Arrays.fill(keep, head.start(), head.end(), true);
    Arrays.fill(keep, tail.start(), tail.end(), true);
    int room = maxLength - 2 - MARKERS.size();
    for (int i = 0; i < keep.length; i++) {
      room -= keep[i] ? pieces.get(i).length : 0;
    }
    if (room < 0) {
      throw MmibException.in(
          place,
          ErrorCode.MNRE,
          "head and tail need "
              + (maxLength - room)
              + " word pieces, at most "
              + maxLength
              + " fit",
          "Raise the limit of length or leave the row out.");
    }
    Span first = head.start() <= tail.start() ? head : tail;
    Span last = first.equals(head) ? tail : head;
    room = grow(pieces, keep, first.end(), last.start() - 1, room);
    boolean whole = true;
    for (int i = first.end(); i < last.start(); i++) {
      whole &= keep[i];
    }
    if (whole) {
      int end = Math.max(first.end(), last.end());
      growOutwards(pieces, keep, first.start() - 1, end, room);
    }
    return keep;
  }

  /** Keeps words of a gap from both of its ends while they fit; gives the room that is left. */
  private static int grow(List<int[]> pieces, boolean[] keep, int from, int to, int room) {
    int a = from;
    int b = to;
    int left = room;
    boolean fits = true;
    for (boolean atStart = true; a <= b && fits; atStart = !atStart) {
      int next = atStart ? a++ : b--;
      fits = pieces.get(next).length <= left;
      keep[next] = fits;
      left -= fits ? pieces.get(next).length : 0;
    }
    return left;
  }

  /** Keeps words before and after in turn; a side ends at its first word that does not fit. */
  private static void growOutwards(
      List<int[]> pieces, boolean[] keep, int before, int after, int room) {
    int a = before;
    int b = after;
    int left = room;
    for (boolean back = true; a >= 0 || b < keep.length; back = !back) {
      int next = back ? a : b;
      if (next < 0 || next >= keep.length) {
        continue;
      }
      keep[next] = pieces.get(next).length <= left;
      left -= keep[next] ? pieces.get(next).length : 0;
      if (back) {
        a = keep[next] ? a - 1 : -1;
      } else {
        b = keep[next] ? b + 1 : keep.length;
      }
    }
  }

  /** A growing row of ids. */
  private static final class Row {
    private final List<Integer> ids = new ArrayList<>();

    int add(int id) {
      ids.add(id);
      return ids.size() - 1;
    }

    void addIf(boolean condition, int id) {
      if (condition) {
        ids.add(id);
      }
    }

    void addAll(int[] more) {
      for (int id : more) {
        ids.add(id);
      }
    }

    int[] toArray() {
      return ids.stream().mapToInt(Integer::intValue).toArray();
    }
  }
}
