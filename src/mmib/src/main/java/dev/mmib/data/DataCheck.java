package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import dev.mmib.text.WordSplitter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A report on a data directory: counts, labels, lengths, missing pictures, suspicious rows.
 *
 * <p>Rows that cannot be used are listed with their places instead of ending the check. Rows are
 * read one at a time; 16 bytes of each sentence stay in memory to find repetitions.
 */
public final class DataCheck {

  private final String task;
  private final String targetName;
  private final Map<Split, SplitCheck> splits;

  private DataCheck(String task, String targetName, Map<Split, SplitCheck> splits) {
    this.task = task;
    this.targetName = targetName;
    this.splits = Map.copyOf(splits);
  }

  /** Checks sentences with entity labels. */
  public static DataCheck ner(DataDirectory data) {
    return new Run(data, null).ner();
  }

  /** Checks sentences with relations. */
  public static DataCheck relations(DataDirectory data) {
    return new Run(data, data.hasRelationSet() ? data.relationSet() : null).relations();
  }

  /** What was found in each split that is there. */
  public Map<Split, SplitCheck> splits() {
    return splits;
  }

  /** Whether every row can be used. */
  public boolean isUsable() {
    return splits.values().stream()
        .allMatch(
            split ->
                split.invalidRows() == 0
                    && !split.counts().containsKey(Finding.Kind.SNAPPED_SPAN)); // strictly refused
  }

  /** The report as an object: task, splits. */
  public JsonObject toJson() {
    var json = new JsonObject();
    new TreeMap<>(splits)
        .forEach((split, check) -> json.put(split.toString(), check.toJson(targetName)));
    return new JsonObject().put("task", task).put("splits", json);
  }

  /** The report for people. */
  public String toText() {
    var out = new StringBuilder();
    new TreeMap<>(splits)
        .forEach((split, check) -> check.appendTo(out, split.toString(), targetName));
    return out.toString();
  }

  /** One pass over a directory. */
  private static final class Run {
    private final DataDirectory data;
    private final @Nullable RelationSet relations;
    private final Map<UUID, String> sentences = new HashMap<>();
    private final Set<String> trainLabels = new TreeSet<>();

    Run(DataDirectory data, @Nullable RelationSet relations) {
      this.data = data;
      this.relations = relations;
    }

    DataCheck ner() {
      var checks = new EnumMap<Split, SplitCheck>(Split.class);
      for (Split split : present()) {
        var tally = new Tally(this, split);
        ReadReport report = data.forEachSentence(split, ReadOptions.skipping(), null, tally::add);
        checks.put(split, tally.finish(report));
      }
      return new DataCheck("ner", "entities", checks);
    }

    DataCheck relations() {
      var checks = new EnumMap<Split, SplitCheck>(Split.class);
      for (Split split : present()) {
        var tally = new Tally(this, split);
        ReadReport report =
            data.forEachRelation(split, ReadOptions.skipping(), relations, tally::add);
        checks.put(split, tally.finish(report));
      }
      return new DataCheck("re", "relations", checks);
    }

    private List<Split> present() {
      data.file(Split.TRAIN); // without it there is nothing to check the others against
      return Arrays.stream(Split.values()).filter(data::has).toList();
    }
  }

  /** What one split adds up to. */
  private static final class Tally {
    private final Run run;
    private final Split split;
    private final Findings findings;
    private final TreeMap<String, Integer> labels = new TreeMap<>();
    private final TreeMap<Integer, Integer> lengths = new TreeMap<>();
    private final Set<String> images = new HashSet<>();
    private final Set<String> missing = new HashSet<>();
    private int targets;
    private int rowsWithCrops;

    Tally(Run run, Split split) {
      this.run = run;
      this.split = split;
      this.findings = new Findings(run.data.file(split).toString(), ErrorCode.DATA_FILE);
    }

    void add(NerExample row) {
      for (String label : row.labels()) {
        if (label.startsWith("B-")) {
          target(label.substring(2), row.place());
        }
      }
      text(row.tokens(), row.place());
      pictures(row.imageId(), () -> run.data.pictures(row, split, 4), row.place());
    }

    void add(RelationExample row) {
      if (row.relation().equals(RelationSet.NONE)) {
        labels.merge(RelationSet.NONE, 1, Integer::sum);
      } else {
        target(row.relation(), row.place());
      }
      text(row.tokens(), row.place());
      pictures(row.imageId(), () -> run.data.pictures(row, split, 3), row.place());
    }

    private void target(String label, String place) {
      targets++;
      labels.merge(label, 1, Integer::sum);
      if (split == Split.TRAIN) {
        run.trainLabels.add(label);
      } else if (!run.trainLabels.contains(label)) {
        findings.found(Finding.Kind.UNKNOWN_LABEL, place, "the training split has no " + label);
      }
    }

    private void text(List<String> tokens, String place) {
      lengths.merge(tokens.size(), 1, Integer::sum);
      for (String token : tokens) {
        if (!WordSplitter.isVisible(token)) {
          String shown = MmibException.quote(token);
          findings.found(Finding.Kind.INVISIBLE_TOKEN, place, "nothing to see in " + shown);
        }
      }
      byte[] text = String.join("\n", tokens).getBytes(StandardCharsets.UTF_8);
      String before = run.sentences.putIfAbsent(UUID.nameUUIDFromBytes(text), split + "\t" + place);
      if (before != null && !before.startsWith(split + "\t")) {
        String other = before.substring(before.indexOf('\t') + 1);
        findings.found(Finding.Kind.REPEATED_SENTENCE, place, "the same sentence is at " + other);
      }
    }

    private void pictures(String name, Supplier<PictureFiles> lookUp, String place) {
      if (name.isEmpty()) {
        return; // of text only
      }
      images.add(name);
      try {
        PictureFiles files = lookUp.get();
        if (files.whole().isEmpty()) {
          missing(name, place, "there is no picture " + MmibException.quote(name));
        }
        rowsWithCrops += files.crops().stream().anyMatch(Optional::isPresent) ? 1 : 0;
      } catch (MmibException e) {
        missing(name, place, e.what());
      }
    }

    private void missing(String name, String place, String what) {
      if (missing.add(name)) {
        findings.found(Finding.Kind.MISSING_IMAGE, place, what);
      }
    }

    SplitCheck finish(ReadReport report) {
      if (targets == 0) {
        findings.found(
            Finding.Kind.NOTHING_TO_LEARN, report.file(), "no row has anything to be found");
      }
      findings.addAll(report);
      return new SplitCheck(
          report.rows(),
          targets,
          labels,
          lengths,
          images.size(),
          missing.size(),
          rowsWithCrops,
          findings.counts(),
          findings.all());
    }
  }
}
