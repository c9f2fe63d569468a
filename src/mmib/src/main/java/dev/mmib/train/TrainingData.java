package dev.mmib.train;

import dev.mmib.data.DataDirectory;
import dev.mmib.data.NerExample;
import dev.mmib.data.ReadOptions;
import dev.mmib.data.RelationExample;
import dev.mmib.data.RelationSet;
import dev.mmib.data.Split;
import dev.mmib.data.TagSet;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.model.Task;
import dev.mmib.text.BertTokenizer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The splits of a data directory for one task. */
final class TrainingData {

  private static final Logger LOG = LoggerFactory.getLogger(TrainingData.class);

  private final DataDirectory directory;
  private final Task task;
  private final int limit;
  private final Map<Split, List<NerExample>> sentences = new EnumMap<>(Split.class);
  private final Map<Split, List<RelationExample>> relations = new EnumMap<>(Split.class);

  private TrainingData(DataDirectory directory, Task task, int limit) {
    this.directory = directory;
    this.task = task;
    this.limit = limit == 0 ? Integer.MAX_VALUE : limit;
  }

  /**
   * Reads splits; labels are those of whole files, whatever the limit.
   *
   * @param limit rows of each split to use; 0 for all
   */
  static TrainingData read(DataDirectory directory, Task task, int limit, List<Split> splits) {
    var data = new TrainingData(directory, task, limit);
    for (var split : splits) {
      if (task == Task.NER) {
        data.sentences.put(split, directory.ner(split, ReadOptions.strict()).rows());
      } else {
        data.relations.put(split, directory.relations(split, ReadOptions.strict()).rows());
      }
    }
    return data;
  }

  /** Train and dev, and test where there is one. */
  static TrainingData forTraining(DataDirectory directory, Task task, int limit) {
    var splits = new ArrayList<>(List.of(Split.TRAIN, Split.DEV));
    if (directory.has(Split.TEST)) {
      splits.add(Split.TEST);
    }
    return read(directory, task, limit, splits);
  }

  boolean has(Split split) {
    return sentences.containsKey(split) || relations.containsKey(split);
  }

  /** The tags of all splits; a type that only dev or test has can be told, but not be learned. */
  TagSet tagSet() {
    warnAboutUnseen(sentences, example -> new HashSet<>(example.labels()));
    return DataDirectory.tagSet(all(sentences).toList());
  }

  /** The relations of rel2id.json, else of all splits. */
  RelationSet relationSet() {
    warnAboutUnseen(relations, example -> Set.of(example.relation()));
    return directory.hasRelationSet()
        ? directory.relationSet()
        : DataDirectory.relationSet(all(relations).toList());
  }

  private static <E> Stream<E> all(Map<Split, List<E>> splits) {
    return splits.values().stream().flatMap(List::stream);
  }

  private static <E> void warnAboutUnseen(
      Map<Split, List<E>> splits, Function<E, Set<String>> labels) {
    var unseen = new TreeSet<String>();
    all(splits).forEach(example -> unseen.addAll(labels.apply(example)));
    splits.getOrDefault(Split.TRAIN, List.of()).forEach(e -> unseen.removeAll(labels.apply(e)));
    if (!unseen.isEmpty()) {
      LOG.warn("labels that the training set lacks and that cannot be learned: {}", unseen);
    }
  }

  /** The words of the training rows, a text each. */
  List<String> trainingTexts() {
    return task == Task.NER
        ? sentences(Split.TRAIN).stream().map(e -> String.join(" ", e.tokens())).toList()
        : relations(Split.TRAIN).stream().map(e -> String.join(" ", e.tokens())).toList();
  }

  private List<NerExample> sentences(Split split) {
    return limited(sentences.getOrDefault(split, List.of()));
  }

  private List<RelationExample> relations(Split split) {
    return limited(relations.getOrDefault(split, List.of()));
  }

  private <E> List<E> limited(List<E> rows) {
    return rows.subList(0, Math.min(limit, rows.size()));
  }

  /** A split for a model of the task. */
  TaskRows<?> rows(Split split, MmibModel model, BertTokenizer tokenizer) {
    int crops = model.config().crops();
    if (model instanceof NerModel ner) {
      return new NerRows(
          ner, tokenizer, sentences(split), e -> directory.pictures(e, split, crops));
    }
    return new RelationRows(
        (RelationModel) model,
        tokenizer,
        relations(split),
        e -> directory.pictures(e, split, crops));
  }
}
