package dev.mmib.predict;

import dev.mmib.data.EncodedRelation;
import dev.mmib.data.RelationBatch;
import dev.mmib.data.RelationEncoder;
import dev.mmib.data.Span;
import dev.mmib.data.Words;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.model.RelationModel;
import dev.mmib.text.BertTokenizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A relation model with what prepares posts for it. */
final class RelationFinder {

  /**
   * A pair of a post that is ready for the model.
   *
   * @param head as it is reported, in the unit of the input
   */
  record Ready(Span head, Span tail, EncodedRelation text) {}

  private final RelationModel model;
  private final BertTokenizer tokenizer;
  private final RelationEncoder encoder;
  private final PostPictures pictures;
  private final int least;

  RelationFinder(RelationModel model, BertTokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
    var config = model.config();
    int positions = model.bertConfig().maxPositions();
    this.least = Math.min(config.leastLength(), positions);
    this.encoder =
        new RelationEncoder(
            tokenizer,
            model.relations(),
            config.fidelity(),
            Math.min(config.maxLength(), positions));
    this.pictures = new PostPictures(config);
  }

  /** What makes the pixels of a post, once for all of its pairs. */
  PostPictures pictures() {
    return pictures;
  }

  /** Encodes a pair of runs of words; runs on any thread. */
  Ready prepare(Words words, Span head, Span tail, List<String> warnings) {
    var text = encoder.encode(words.words(), head, tail, "post");
    if (text.headMarker() < 0 || text.tailMarker() < 0) {
      throw MmibException.of(
          ErrorCode.POST,
          "an entity lies beyond the " + model.config().maxLength() + " word pieces that are read",
          "Shorten the text.");
    }
    if (text.cutWords() > 0) {
      warnings.add(text.cutWords() + " words were not read: the text is too long");
    }
    return new Ready(words.place(head), words.place(tail), text);
  }

  /** What the network makes of the pictures of posts, once for all pairs of each. */
  List<PostPictures.Seen> see(List<List<float @Nullable []>> posts) {
    return pictures.see(model, posts);
  }

  /** The most probable relation of each pair, given the pictures of its post. */
  List<Relation> find(List<Ready> pairs, List<PostPictures.Seen> seen) {
    var batch =
        RelationBatch.of(pairs.stream().map(Ready::text).toList(), tokenizer.padId(), least);
    var images = pictures.join(seen);
    var predictions = model.decode(batch, images);
    var results = new ArrayList<Relation>();
    for (int i = 0; i < pairs.size(); i++) {
      var prediction = predictions.get(i);
      results.add(
          new Relation(
              model.relations().relation(prediction.relation()),
              pairs.get(i).head(),
              pairs.get(i).tail(),
              prediction.score()));
    }
    return results;
  }

  /** How the markers of head and tail looked at the pictures of the post. */
  List<Look> looks(Ready pair, List<float @Nullable []> pixels) {
    var batch = RelationBatch.of(List.of(pair.text()), tokenizer.padId(), least);
    var images = pictures.batch(List.of(pixels));
    if (images == null || !model.hasSlotAttention()) {
      return List.of();
    }
    var weights = model.slotAttention(batch.text(), images)[0];
    return List.of(
        new Look(pair.head(), weights[pair.text().headMarker()]),
        new Look(pair.tail(), weights[pair.text().tailMarker()]));
  }
}
