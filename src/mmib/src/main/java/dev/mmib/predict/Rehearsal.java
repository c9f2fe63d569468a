package dev.mmib.predict;

import dev.mmib.backend.Backend;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.backend.sizing.SizingBackend;
import dev.mmib.bert.Bert;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.Span;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import dev.mmib.tensor.Shape;
import dev.mmib.text.BertTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What happens once in a process, done while one core would wait for the other.
 *
 * <p>The first post would wait until hundreds of classes are loaded and linked, and until a library
 * has compiled its machine code. Nothing of a rehearsal remains but what the virtual machine and
 * the library remember, and what comes out of it is not looked at.
 */
final class Rehearsal {

  private static final String TEXT = "Kevin Durant enters Oracle Arena with @friends http://t.co/x";
  private static final Span HEAD = new Span(0, 12);
  private static final Span TAIL = new Span(20, 32);

  private static final int TOKENS = 32;

  private Rehearsal() {}

  /**
   * Sends a made post through models without numbers, on a device that only computes sizes. Refuses
   * what loading the models refuses.
   *
   * @return what became of the post, for tests
   */
  static List<Outcome> ofPost(List<ModelDirectory> directories, List<BertTokenizer> tokenizers) {
    var models = new ArrayList<MmibModel>();
    try (var device = new JavaBackend(1);
        var sizes = new SizingBackend(device, false)) {
      EntityFinder entities = null;
      RelationFinder relations = null;
      for (int i = 0; i < directories.size(); i++) {
        var model = directories.get(i).create(sizes, Weights.NONE);
        models.add(model);
        if (model instanceof NerModel ner) {
          entities = new EntityFinder(ner, tokenizers.get(i));
        } else if (model instanceof RelationModel re) {
          relations = new RelationFinder(re, tokenizers.get(i));
        }
      }
      var post = Post.of(TEXT, picture()).withPair(HEAD, TAIL);
      var batch = new PostBatch(entities, relations, new Object(), List.of(post));
      batch.prepare();
      // Random numbers of its own: the caller may have a scope open whose sequence goes on.
      try (var scope = Scope.open(sizes, Mode.INFER, new RandomState(0, 0))) {
        return batch.run();
      }
    } finally {
      models.forEach(MmibModel::close);
    }
  }

  /** Lets a very small text encoder compute, beside whatever the device does. */
  static void ofKernels(Backend device) {
    var understudy = device.understudy();
    if (understudy == null) {
      return;
    }
    try (understudy;
        var parameters = new Parameters(understudy, Weights.random(1));
        var scope = Scope.open(understudy, Mode.INFER)) {
      var bert = Bert.of(parameters, BertConfig.of(TOKENS, 64, 1, 2, 256));
      bert.encode(scope.ints(Shape.of(1, TOKENS), new int[TOKENS]), null, null);
    }
  }

  /** A small JPEG, as most pictures are JPEGs. */
  private static byte[] picture() {
    try (var in = Rehearsal.class.getResourceAsStream("rehearsal.jpg")) {
      if (in == null) {
        throw new IllegalStateException("rehearsal.jpg: not beside the class that needs it");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
