package dev.mmib.train;

import dev.mmib.data.DataDirectory;
import dev.mmib.data.NerExample;
import dev.mmib.data.PictureFiles;
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
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The splits of a data directory for one task. */
final class TrainingData {

  private static final Logger LOG = LoggerFactory.getLogger(TrainingData.class);

  private final DataDirectory directory;
  private final Task task;
  private final RowSettings settings;
  private final Map<Split, List<NerExample>> sentences = new EnumMap<>(Split.class);
  private final Map<Split, List<RelationExample>> relations = new EnumMap<>(Split.class);
  private final Map<Split, int[]> chosen = new EnumMap<>(Split.class);

  private TrainingData(DataDirectory directory, Task task, RowSettings settings) {
    this.directory = directory;
    this.task = task;
    this.settings = settings;
  }

  /** One whole split, for scoring. */
  static TrainingData forScoring(DataDirectory directory, Task task, Split split) {
    var data = new TrainingData(directory, task, RowSettings.STANDARD);
    data.read(split);
    return data;
  }

  /**
   * Train and dev, and test where there is one. Labels are those of whole files, whatever the limit
   * and the sample.
   *
   * @param seed of the sample
   */
  static TrainingData forTraining(
      DataDirectory directory, Task task, RowSettings settings, long seed) {
    var data = new TrainingData(directory, task, settings);
    for (var split : Split.values()) {
      if (split != Split.TEST || directory.has(split)) {
        data.read(split);
      }
    }
    data.draw(seed);
    return data;
  }

  private void read(Split split) {
    if (task == Task.NER) {
      var rows = directory.ner(split, ReadOptions.strict()).rows();
      sentences.put(split, rows);
      chosen.put(split, limited(rows.size()));
    } else {
      var rows = directory.relations(split, ReadOptions.strict()).rows();
      relations.put(split, rows);
      chosen.put(split, limited(rows.size()));
    }
  }

  private int[] limited(int rows) {
    int limit = settings.limit() == 0 ? rows : settings.limit();
    return IntStream.range(0, Math.min(limit, rows)).toArray();
  }

  /** Leaves a share of the training rows: the limit counts first. */
  private void draw(long seed) {
    int all = chosenOf(Split.TRAIN).length;
    int[] drawn = RowSample.draw(all, settings.sample(), seed);
    if (drawn.length < all) {
      LOG.info("{} of {} training rows are drawn by the seed {}", drawn.length, all, seed);
      chosen.put(Split.TRAIN, drawn);
    }
  }

  boolean has(Split split) {
    return sentences.containsKey(split) || relations.containsKey(split);
  }

  /** The labels of a model for this data: tags or relations, by index. */
  List<String> labels() {
    return task == Task.NER ? tagSet().tags() : relationSet().relations();
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

  /** The rows of all splits that are used. */
  long size() {
    return chosen.values().stream().mapToLong(rows -> rows.length).sum();
  }

  /** A digest of the rows of all splits that are used, and of which pictures are there. */
  String fingerprint(int crops) {
    var digest = new DataFingerprint();
    for (var split : Split.values()) {
      if (task == Task.NER) {
        for (var row : sentences(split)) {
          digest.add(row.tokens()).add(row.labels());
          add(digest, row.imageId(), directory.pictures(row, split, crops));
        }
      } else {
        for (var row : relations(split)) {
          digest.add(row.tokens()).add(row.relation());
          digest.add(List.of(row.head().toString(), row.tail().toString()));
          add(digest, row.imageId(), directory.pictures(row, split, crops));
        }
      }
    }
    return digest.hex();
  }

  private static void add(DataFingerprint digest, String imageId, PictureFiles pictures) {
    digest.add(imageId).add(pictures.whole().isPresent() ? 1 : 0);
    digest.add((int) pictures.crops().stream().filter(Optional::isPresent).count());
  }

  private List<NerExample> sentences(Split split) {
    return chosen(split, sentences.getOrDefault(split, List.of()));
  }

  private List<RelationExample> relations(Split split) {
    return chosen(split, relations.getOrDefault(split, List.of()));
  }

  private int[] chosenOf(Split split) {
    return chosen.getOrDefault(split, new int[0]);
  }

  private <E> List<E> chosen(Split split, List<E> rows) {
    return Arrays.stream(chosenOf(split)).mapToObj(rows::get).toList();
  }

  /** A split for a model of the task; rows of the training split have their weights. */
  TaskRows<?> rows(Split split, MmibModel model, BertTokenizer tokenizer) {
    int crops = model.config().crops();
    var weights =
        split == Split.TRAIN ? ClassWeights.parse(settings.classWeights()) : ClassWeights.NONE;
    if (model instanceof NerModel ner) {
      return new NerRows(
          ner,
          tokenizer,
          sentences(split),
          remembered(e -> directory.pictures(e, split, crops)),
          weights);
    }
    return new RelationRows(
        (RelationModel) model,
        tokenizer,
        relations(split),
        remembered(e -> directory.pictures(e, split, crops)),
        weights);
  }

  /** Looks for the files of a row once, not in every epoch. */
  private static <E> Function<E, PictureFiles> remembered(Function<E, PictureFiles> find) {
    var known = Collections.synchronizedMap(new IdentityHashMap<E, PictureFiles>());
    return example -> known.computeIfAbsent(example, find);
  }
}
