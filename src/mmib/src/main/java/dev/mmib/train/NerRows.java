package dev.mmib.train;

import dev.mmib.data.EncodedNer;
import dev.mmib.data.Fidelity;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.data.NerEncoder;
import dev.mmib.data.NerExample;
import dev.mmib.data.PictureFiles;
import dev.mmib.data.Span;
import dev.mmib.data.TagSet;
import dev.mmib.data.TextBatch;
import dev.mmib.model.EntitySpan;
import dev.mmib.model.Losses;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerAssessment;
import dev.mmib.model.NerModel;
import dev.mmib.model.NerPrediction;
import dev.mmib.predict.Entity;
import dev.mmib.predict.Look;
import dev.mmib.score.Counts;
import dev.mmib.score.EntityScore;
import dev.mmib.score.LabelSpans;
import dev.mmib.text.BertTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The encoded sentences of one split, and the labels predicted for them. */
final class NerRows implements TaskRows<NerBatch> {

  private static final NerAssessment UNASKED =
      new NerAssessment(new NerPrediction(new int[0], List.of()), 0, List.of());

  private final NerModel model;
  private final int padId;
  private final int least;
  private final List<NerExample> examples;
  private final List<EncodedNer> encoded;
  private final Function<NerExample, PictureFiles> pictures;
  private final List<NerAssessment> predicted;
  private final float @Nullable [] weights;

  NerRows(
      NerModel model,
      BertTokenizer tokenizer,
      List<NerExample> examples,
      Function<NerExample, PictureFiles> pictures,
      ClassWeights weights) {
    var config = model.config();
    var encoder = new NerEncoder(tokenizer, model.tags(), config.fidelity(), config.maxLength());
    this.model = model;
    this.padId = tokenizer.padId();
    this.least = Math.min(config.leastLength(), model.bertConfig().maxPositions());
    this.examples = examples;
    this.encoded = examples.stream().map(encoder::encode).toList();
    this.pictures = pictures;
    this.predicted = new ArrayList<>(Collections.nCopies(examples.size(), UNASKED));
    var classes = new ArrayList<>(model.tags().types());
    classes.add(TagSet.OUTSIDE);
    this.weights = weights.ofRows(encoded.stream().map(this::types).toList(), classes);
  }

  /** What each word is that is read: a type, or outside. */
  private List<String> types(EncodedNer row) {
    var types = new ArrayList<String>();
    for (int i = 0; i < row.length(); i++) {
      if (row.wordOfPiece()[i] >= 0) {
        var tag = model.tags().tag(row.tags()[i]);
        types.add(tag.equals(TagSet.OUTSIDE) ? tag : tag.substring(2));
      }
    }
    return types;
  }

  @Override
  public MmibModel model() {
    return model;
  }

  @Override
  public int size() {
    return examples.size();
  }

  @Override
  public int[] lengths() {
    return encoded.stream().mapToInt(EncodedNer::length).toArray();
  }

  @Override
  public String place(int row) {
    return examples.get(row).place();
  }

  @Override
  public PictureFiles pictures(int row) {
    return pictures.apply(examples.get(row));
  }

  @Override
  public NerBatch batch(int[] rows) {
    var batch = NerBatch.of(Arrays.stream(rows).mapToObj(encoded::get).toList(), padId, least);
    return batch.withWeights(ClassWeights.of(weights, rows));
  }

  @Override
  public Losses loss(NerBatch batch, @Nullable ImageBatch images) {
    return model.loss(batch, images);
  }

  @Override
  public void predict(int[] rows, NerBatch batch, @Nullable ImageBatch images) {
    var found = model.assess(batch, images);
    for (int i = 0; i < rows.length; i++) {
      predicted.set(rows[i], found.get(i));
    }
  }

  @Override
  public Scores scores(EntityScore.Mode mode) {
    var gold = new ArrayList<List<String>>();
    var found = new ArrayList<List<String>>();
    for (int row = 0; row < size(); row++) {
      gold.add(gold(row));
      found.add(labels(row));
    }
    return Scores.of(EntityScore.of(gold, found, mode));
  }

  @Override
  public EvaluatedRow row(int row, EntityScore.Mode mode, Counts counts) {
    var example = examples.get(row);
    var assessment = predicted.get(row);
    int[] tags = assessment.prediction().tags();
    var found = new ArrayList<Entity>();
    for (var span : assessment.prediction().entities()) {
      // Counted strictly, what starts with I- is no entity.
      if (mode == EntityScore.Mode.LENIENT
          || model.tags().tag(tags[span.firstPiece()]).startsWith("B-")) {
        found.add(entity(row, span));
      }
    }
    return new EvaluatedRow.Sentence(
        place(row),
        example.tokens(),
        pictures(row),
        goldEntities(row, mode),
        found,
        counts,
        -assessment.logGold());
  }

  /** Those of all words; the model knows of those only that it read to their end. */
  private List<Entity> goldEntities(int row, EntityScore.Mode mode) {
    var labels = examples.get(row).labels();
    var known = predicted.get(row).gold().stream().map(span -> entity(row, span)).toList();
    var spans =
        mode == EntityScore.Mode.LENIENT ? LabelSpans.lenient(labels) : LabelSpans.strict(labels);
    var gold = new ArrayList<Entity>();
    for (var span : spans) {
      var entity = entity(row, span.type(), new Span(span.first(), span.last() + 1), 0);
      gold.add(
          known.stream()
              .filter(k -> k.start() == entity.start() && k.end() == entity.end())
              .filter(k -> k.type().equals(entity.type()))
              .findFirst()
              .orElse(entity));
    }
    return gold;
  }

  private Entity entity(int row, EntitySpan span) {
    int[] words = encoded.get(row).wordOfPiece();
    var place = new Span(words[span.firstPiece()], words[span.lastPiece()] + 1);
    return entity(row, span.type(), place, span.score());
  }

  private Entity entity(int row, String type, Span words, double score) {
    var text = String.join(" ", examples.get(row).tokens().subList(words.start(), words.end()));
    return new Entity(type, text, words.start(), words.end(), score);
  }

  @Override
  public TextBatch text(NerBatch batch) {
    return batch.text();
  }

  /** Of each entity, found or gold, the first word piece's. */
  @Override
  public List<Look> looks(int row, float[][] weights) {
    var assessment = predicted.get(row);
    int[] words = encoded.get(row).wordOfPiece();
    var looks = new TreeMap<Integer, Look>();
    for (var spans : List.of(assessment.prediction().entities(), assessment.gold())) {
      for (var span : spans) {
        var place = new Span(words[span.firstPiece()], words[span.lastPiece()] + 1);
        looks.putIfAbsent(place.start(), new Look(place, weights[span.firstPiece()]));
      }
    }
    return List.copyOf(looks.values());
  }

  /**
   * The labels to be found: those of all words. Reference: as the released code counts, those of
   * the pieces but the first, without X and [SEP]; what was cut off does not count.
   */
  private List<String> gold(int row) {
    if (model.config().fidelity() == Fidelity.CORRECTED) {
      return examples.get(row).labels();
    }
    return counted(row, encoded.get(row).tags());
  }

  /** The labels that were found, in line with {@link #gold}; a word that was cut off is outside. */
  private List<String> labels(int row) {
    int[] tags = predicted.get(row).prediction().tags();
    if (model.config().fidelity() == Fidelity.REFERENCE) {
      return counted(row, tags);
    }
    var labels =
        new ArrayList<>(Collections.nCopies(examples.get(row).labels().size(), TagSet.OUTSIDE));
    int[] words = encoded.get(row).wordOfPiece();
    for (int i = 0; i < tags.length; i++) {
      if (words[i] >= 0) {
        labels.set(words[i], model.tags().tag(tags[i]));
      }
    }
    return labels;
  }

  private List<String> counted(int row, int[] tags) {
    var set = model.tags();
    int[] gold = encoded.get(row).tags();
    var labels = new ArrayList<String>();
    for (int i = 1; i < gold.length; i++) {
      if (gold[i] != set.continuation() && gold[i] != set.sep()) {
        labels.add(set.tag(tags[i]));
      }
    }
    return labels;
  }
}
