package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reader of sentences with entity labels and a picture each, as Twitter-2015 and -2017 have them.
 *
 * <p>A line {@code IMGID:<id>}, then a line {@code token<TAB>label} per token, then a blank line.
 * Labels are BIO over any types; OTHER is read as MISC. The last blank line and the last line feed
 * may be missing. A file without a single IMGID line is one of sentences without pictures.
 */
public final class TwitterNer {

  private static final String IMAGE = "IMGID:";
  private static final int MOST_TOKENS = 2_000_000;
  private static final Pattern LABEL = Pattern.compile("O|[BI]-[\\p{L}\\p{N}][^\\s\\p{C}]{0,99}");
  private static final String FORM = "A line is a token, one tab and a label.";
  private static final String SENTENCE =
      "A sentence is a line IMGID:<id>, its tokens, and a blank line.";

  private final LineReader lines;
  private final Findings findings;
  private final @Nullable TagSet known;
  private final Consumer<NerExample> out;
  private final int limit;
  private final boolean hasImages;
  private final Map<String, Integer> images = new HashMap<>();

  private final Set<String> seen = new HashSet<>();
  private @Nullable String image;
  private String start = "";
  private boolean broken;
  private final List<String> tokens = new ArrayList<>();
  private final List<String> labels = new ArrayList<>();
  private final List<String> orphans = new ArrayList<>();
  private int rows;

  private TwitterNer(
      LineReader lines,
      Findings findings,
      @Nullable TagSet known,
      int limit,
      boolean hasImages,
      Consumer<NerExample> out) {
    this.lines = lines;
    this.findings = findings;
    this.known = known;
    this.limit = limit;
    this.hasImages = hasImages;
    this.out = out;
  }

  /** Reads a whole file. */
  public static Rows<NerExample> read(Path file, ReadOptions options) {
    return read(file, options, null);
  }

  /** Reads a whole file; a label that is not among the {@code known} ones makes a row invalid. */
  public static Rows<NerExample> read(Path file, ReadOptions options, @Nullable TagSet known) {
    var rows = new ArrayList<NerExample>();
    ReadReport report = forEach(file, options, known, rows::add);
    return new Rows<>(rows, report);
  }

  /** Gives each sentence to {@code out} as it is read, in memory that the longest one decides. */
  public static ReadReport forEach(
      Path file, ReadOptions options, @Nullable TagSet known, Consumer<NerExample> out) {
    var findings = new Findings(file.toString(), ErrorCode.CONLL);
    boolean hasImages = hasImages(file);
    try (var lines = new LineReader(file, ErrorCode.CONLL)) {
      var reader = new TwitterNer(lines, findings, known, options.limit(), hasImages, out);
      reader.readAll();
      return findings.report(reader.rows, options);
    }
  }

  /** Whether any sentence names a picture; as a rule the first line does. */
  private static boolean hasImages(Path file) {
    try (var lines = new LineReader(file, ErrorCode.CONLL)) {
      while (lines.advance()) {
        if (lines.startsWith(IMAGE)) {
          return true;
        }
      }
      return false;
    }
  }

  private void readAll() {
    while (rows < limit && lines.advance()) {
      String line = decoded();
      if (line != null) {
        line(line);
      }
    }
    if (rows < limit) {
      endSentence();
    }
  }

  /** The line; null where it is not UTF-8, which its sentence pays for. */
  private @Nullable String decoded() {
    try {
      return lines.text();
    } catch (MmibException e) {
      invalid(e.what(), e.hint());
      return null;
    }
  }

  private void line(String line) {
    if (line.chars().allMatch(c -> c == ' ')) {
      endSentence();
    } else if (line.startsWith(IMAGE)) {
      if (broken || image != null || !tokens.isEmpty()) {
        invalid(
            tokens.isEmpty() ? "a second IMGID in a row" : "no blank line before IMGID", SENTENCE);
        endSentence();
      }
      startSentence(line.substring(IMAGE.length()));
    } else {
      token(line);
    }
  }

  private void startSentence(String id) {
    start = lines.place();
    image = id;
    String complaint = ImageNames.complaintAboutId(id);
    if (complaint != null) {
      invalid(complaint, "The id is the name of the picture's file without its extension.");
    }
  }

  private void token(String line) {
    if (!hasImages && image == null) {
      image = "";
      start = lines.place();
    }
    String[] columns = line.split("\t", -1);
    if (columns[0].equals("-DOCSTART-") || line.startsWith("-DOCSTART- ")) {
      invalid("a -DOCSTART- line", "Remove it.");
    } else if (image == null) {
      invalid("a sentence without an IMGID line", SENTENCE);
    } else if (columns.length != 2 || columns[0].isEmpty()) {
      String what = columns.length == 2 ? "the token is empty" : columns.length + " columns vs 2";
      invalid(what, FORM);
    } else if (tokens.size() == MOST_TOKENS) {
      invalid("a sentence of more than " + MOST_TOKENS + " tokens", SENTENCE);
    } else {
      addToken(columns[0], columns[1]);
    }
  }

  private void addToken(String token, String written) {
    String label = written.equals("B-OTHER") ? "B-MISC" : written;
    label = label.equals("I-OTHER") ? "I-MISC" : label;
    String place = lines.place();
    if (!isLabel(label)) {
      invalid(
          "the label " + MmibException.quote(written) + " is not one",
          known == null
              ? "Labels are O, B-TYPE and I-TYPE."
              : "Labels are O, and B- or I- with one of " + known.types() + ".");
      return;
    }
    String before = labels.isEmpty() ? TagSet.OUTSIDE : labels.get(labels.size() - 1);
    boolean continues = before.length() > 1 && before.substring(1).equals(label.substring(1));
    if (label.startsWith("I-") && !continues) {
      orphans.add(place + "\t" + label + " after " + before);
    }
    tokens.add(token);
    labels.add(label);
  }

  private boolean isLabel(String label) {
    if (known != null && !known.contains(label)) {
      return false;
    }
    return seen.contains(label) || (LABEL.matcher(label).matches() && seen.add(label));
  }

  private void endSentence() {
    if (!broken && image != null && tokens.isEmpty()) {
      findings.invalid(start, "an IMGID without a sentence", SENTENCE);
    } else if (!broken && image != null) {
      emit(image);
    }
    image = null;
    broken = false;
    tokens.clear();
    labels.clear();
    orphans.clear();
  }

  private void emit(String imageId) {
    int occurrence = images.merge(imageId, 1, Integer::sum);
    if (occurrence > 1 && hasImages) {
      findings.add(
          Finding.Kind.REPEATED_IMAGE,
          start,
          "sentence " + occurrence + " with the picture " + MmibException.quote(imageId));
    }
    for (String orphan : orphans) {
      String[] parts = orphan.split("\t", 2);
      findings.add(Finding.Kind.ORPHAN_INSIDE_TAG, parts[0], parts[1]);
    }
    rows++;
    String id = occurrence > 1 ? imageId + "#" + occurrence : imageId;
    if (!hasImages) {
      id = Integer.toString(occurrence);
    }
    out.accept(new NerExample(id, tokens, labels, imageId, findings.place(start)));
  }

  /** One finding for a sentence, whatever else is wrong with it. */
  private void invalid(String what, String cure) {
    if (!broken) {
      findings.invalid(lines.place(), what, cure);
    }
    broken = true;
  }
}
