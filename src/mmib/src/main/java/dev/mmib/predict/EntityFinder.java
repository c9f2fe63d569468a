package dev.mmib.predict;

import dev.mmib.data.EncodedNer;
import dev.mmib.data.NerBatch;
import dev.mmib.data.NerEncoder;
import dev.mmib.data.Span;
import dev.mmib.data.Words;
import dev.mmib.model.NerModel;
import dev.mmib.text.BertTokenizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An NER model with what prepares posts for it. */
final class EntityFinder {

  /** A post that is ready for the model. */
  record Ready(Words words, EncodedNer text, List<float @Nullable []> pixels) {}

  /** An entity, and which words it is made of. */
  record Found(Entity entity, Span words) {}

  private final NerModel model;
  private final BertTokenizer tokenizer;
  private final NerEncoder encoder;
  private final PostPictures pictures;
  private final int least;

  EntityFinder(NerModel model, BertTokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
    var config = model.config();
    int positions = model.bertConfig().maxPositions();
    this.least = Math.min(config.leastLength(), positions);
    this.encoder =
        new NerEncoder(
            tokenizer, model.tags(), config.fidelity(), Math.min(config.maxLength(), positions));
    this.pictures = new PostPictures(config);
  }

  PostPictures pictures() {
    return pictures;
  }

  /** Encodes a post; runs on any thread. */
  Ready prepare(Post post, Words words, List<String> warnings) {
    var text = encoder.encode(words.words());
    if (text.cutWords() > 0) {
      warnings.add("the last " + text.cutWords() + " words were not read: the text is too long");
    }
    if (text.droppedWords() > 0) {
      warnings.add(text.droppedWords() + " words have no word piece and were left out");
    }
    return new Ready(words, text, pictures.pixels(post, warnings));
  }

  /** The entities of each post of a batch. */
  List<List<Found>> find(List<Ready> posts) {
    var batch = NerBatch.of(posts.stream().map(Ready::text).toList(), tokenizer.padId(), least);
    var images = pictures.batch(posts.stream().map(Ready::pixels).toList());
    var predictions = model.decode(batch, images);
    var results = new ArrayList<List<Found>>();
    for (int i = 0; i < posts.size(); i++) {
      var post = posts.get(i);
      int[] wordOfPiece = post.text().wordOfPiece();
      var found = new ArrayList<Found>();
      for (var span : predictions.get(i).entities()) {
        var run = new Span(wordOfPiece[span.firstPiece()], wordOfPiece[span.lastPiece()] + 1);
        var place = post.words().place(run);
        found.add(
            new Found(
                new Entity(
                    span.type(),
                    post.words().textAt(run),
                    place.start(),
                    place.end(),
                    span.score()),
                run));
      }
      results.add(found);
    }
    return results;
  }

  /** How each entity's first word piece looked at the pictures of the post. */
  List<Look> looks(Ready post, List<Found> found) {
    var batch = NerBatch.of(List.of(post.text()), tokenizer.padId(), least);
    var images = pictures.batch(List.of(post.pixels()));
    if (images == null || !model.hasSlotAttention()) {
      return List.of();
    }
    var weights = model.slotAttention(batch.text(), images)[0];
    int[] wordOfPiece = post.text().wordOfPiece();
    var looks = new ArrayList<Look>();
    for (var entity : found) {
      for (int piece = 0; piece < wordOfPiece.length; piece++) {
        if (wordOfPiece[piece] == entity.words().start()) {
          looks.add(new Look(post.words().place(entity.words()), weights[piece]));
        }
      }
    }
    return looks;
  }
}
