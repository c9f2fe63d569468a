package dev.mmib.train;

import dev.mmib.data.EncodedRelation;
import dev.mmib.data.ImageBatch;
import dev.mmib.data.PictureFiles;
import dev.mmib.data.RelationBatch;
import dev.mmib.data.RelationEncoder;
import dev.mmib.data.RelationExample;
import dev.mmib.data.TextBatch;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.Losses;
import dev.mmib.model.MmibModel;
import dev.mmib.model.RelationModel;
import dev.mmib.model.RelationPrediction;
import dev.mmib.predict.Look;
import dev.mmib.score.Counts;
import dev.mmib.score.EntityScore;
import dev.mmib.text.BertTokenizer;
import dev.mmib.train.EvaluatedRow.Candidate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The encoded rows of one split, and the relations predicted for them. */
final class RelationRows implements TaskRows<RelationBatch> {

  private static final RelationPrediction UNASKED = new RelationPrediction(0, new float[] {0});

  private final RelationModel model;
  private final int padId;
  private final int least;
  private final List<RelationExample> examples;
  private final List<EncodedRelation> encoded = new ArrayList<>();
  private final Function<RelationExample, PictureFiles> pictures;
  private final List<RelationPrediction> predicted;
  private final float @Nullable [] weights;

  RelationRows(
      RelationModel model,
      BertTokenizer tokenizer,
      List<RelationExample> examples,
      Function<RelationExample, PictureFiles> pictures,
      ClassWeights weights) {
    var config = model.config();
    var encoder =
        new RelationEncoder(tokenizer, model.relations(), config.fidelity(), config.maxLength());
    this.model = model;
    this.padId = tokenizer.padId();
    this.least = Math.min(config.leastLength(), model.bertConfig().maxPositions());
    this.examples = examples;
    this.pictures = pictures;
    this.predicted = new ArrayList<>(Collections.nCopies(examples.size(), UNASKED));
    for (var example : examples) {
      var row = encoder.encode(example);
      if (row.headMarker() < 0 || row.tailMarker() < 0) {
        // The released code crashes here; the message says why.
        throw MmibException.in(
            example.place(),
            ErrorCode.MNRE,
            "the limit of " + config.maxLength() + " word pieces cuts a marker off",
            "Raise maxLength, or use --fidelity corrected.");
      }
      encoded.add(row);
    }
    this.weights =
        weights.ofRows(
            examples.stream().map(e -> List.of(e.relation())).toList(),
            model.relations().relations());
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
    return encoded.stream().mapToInt(EncodedRelation::length).toArray();
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
  public RelationBatch batch(int[] rows) {
    var batch = RelationBatch.of(Arrays.stream(rows).mapToObj(encoded::get).toList(), padId, least);
    return batch.withWeights(ClassWeights.of(weights, rows));
  }

  @Override
  public Losses loss(RelationBatch batch, @Nullable ImageBatch images) {
    return model.loss(batch, images);
  }

  @Override
  public void predict(int[] rows, RelationBatch batch, @Nullable ImageBatch images) {
    var found = model.decode(batch, images);
    for (int i = 0; i < rows.length; i++) {
      predicted.set(rows[i], found.get(i));
    }
  }

  @Override
  public Scores scores(EntityScore.Mode mode) {
    var gold = new int[size()];
    for (int row = 0; row < gold.length; row++) {
      gold[row] = encoded.get(row).relation();
    }
    int[] found = predicted.stream().mapToInt(RelationPrediction::relation).toArray();
    return Scores.ofRelations(gold, found, model.relations());
  }

  @Override
  public EvaluatedRow row(int row, EntityScore.Mode mode, Counts counts) {
    var example = examples.get(row);
    float[] probabilities = predicted.get(row).probabilities();
    var candidates = new ArrayList<Candidate>();
    for (int r = 0; r < probabilities.length; r++) {
      candidates.add(new Candidate(model.relations().relation(r), Math.min(1, probabilities[r])));
    }
    // Stable: of equals the first one stays first, as the prediction takes it.
    candidates.sort(Comparator.comparingDouble(Candidate::score).reversed());
    return new EvaluatedRow.Pair(
        place(row),
        example.tokens(),
        pictures(row),
        example.head(),
        example.tail(),
        example.relation(),
        candidates,
        counts,
        -Math.log(Math.min(1, probabilities[encoded.get(row).relation()])));
  }

  @Override
  public TextBatch text(RelationBatch batch) {
    return batch.text();
  }

  @Override
  public List<Look> looks(int row, float[][] weights) {
    var text = encoded.get(row);
    return List.of(
        new Look(examples.get(row).head(), weights[text.headMarker()]),
        new Look(examples.get(row).tail(), weights[text.tailMarker()]));
  }
}
