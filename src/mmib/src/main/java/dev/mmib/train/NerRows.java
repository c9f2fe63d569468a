package dev.mmib.train;

import dev.mmib.data.EncodedNer;
import dev.mmib.data.Fidelity;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.NerBatch;
import dev.mmib.data.NerEncoder;
import dev.mmib.data.NerExample;
import dev.mmib.data.PictureFiles;
import dev.mmib.data.TagSet;
import dev.mmib.model.Losses;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.score.EntityScore;
import dev.mmib.text.BertTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The encoded sentences of one split, and the labels predicted for them. */
final class NerRows implements TaskRows<NerBatch> {

  private final NerModel model;
  private final int padId;
  private final List<NerExample> examples;
  private final List<EncodedNer> encoded;
  private final Function<NerExample, PictureFiles> pictures;
  private final List<int[]> predicted; // tags by piece
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
    this.examples = examples;
    this.encoded = examples.stream().map(encoder::encode).toList();
    this.pictures = pictures;
    this.predicted = new ArrayList<>(Collections.nCopies(examples.size(), new int[0]));
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
    var batch = NerBatch.of(Arrays.stream(rows).mapToObj(encoded::get).toList(), padId);
    return batch.withWeights(ClassWeights.of(weights, rows));
  }

  @Override
  public Losses loss(NerBatch batch, @Nullable ImageBatch images) {
    return model.loss(batch, images);
  }

  @Override
  public void predict(int[] rows, NerBatch batch, @Nullable ImageBatch images) {
    var found = model.decode(batch, images);
    for (int i = 0; i < rows.length; i++) {
      predicted.set(rows[i], found.get(i).tags());
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
  public Evaluation.Row row(int row) {
    return new Evaluation.Row(place(row), examples.get(row).tokens(), gold(row), labels(row));
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
    int[] tags = predicted.get(row);
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
