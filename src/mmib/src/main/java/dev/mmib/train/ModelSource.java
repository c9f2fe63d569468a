package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.RelationEncoder;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.image.PixelRule;
import dev.mmib.io.ConfinedFiles;
import dev.mmib.io.HuggingFaceDirectory;
import dev.mmib.io.ModelDirectory;
import dev.mmib.io.ResNetSource;
import dev.mmib.io.StoredWeights;
import dev.mmib.io.TransferredWeights;
import dev.mmib.model.ImageConfig;
import dev.mmib.model.MmibModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Weights;
import dev.mmib.text.BertTokenizer;
import dev.mmib.text.VocabularyBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a training starts from.
 *
 * @param textEncoder a HuggingFace directory; null for a small random encoder
 * @param imageEncoder safetensors of ResNet weights, or a directory with them; null for random ones
 * @param from the directory of a trained model, whose weights are carried over by {@link
 *     TransferredWeights}; null for none
 */
public record ModelSource(
    @Nullable Path textEncoder, @Nullable Path imageEncoder, @Nullable Path from) {

  private static final Logger LOG = LoggerFactory.getLogger(ModelSource.class);

  private static final int VOCABULARY = 20_000;
  private static final int LEAST_OCCURRENCES = 2;

  /** Everything starts from random numbers. */
  public static final ModelSource RANDOM = new ModelSource(null, null, null);

  /** A model and the tokenizer that belongs to it. */
  record Made(MmibModel model, BertTokenizer tokenizer) {}

  public ModelSource {
    if (from != null && textEncoder != null) {
      throw MmibException.of(
          ErrorCode.USAGE,
          "a text encoder and a trained model to start from exclude each other",
          "The trained model brings its own text encoder: leave the other out.");
    }
  }

  /** Whether the text encoder's weights are learned already. */
  public boolean hasPretrainedText() {
    return from != null
        || (textEncoder != null && HuggingFaceDirectory.open(textEncoder).hasWeights());
  }

  /** The picture encoder's settings: those of the given weights, else the configuration's. */
  ImageConfig imageConfig(ImageConfig configured, Set<String> explicit) {
    if (imageEncoder == null) {
      return configured;
    }
    var usual = ResNetSource.open(imageEncoder).imageConfig();
    boolean sized = explicit.contains("image.size");
    var rule = usual.pixels();
    var told = configured.pixels();
    return new ImageConfig(
        usual.encoder(),
        explicit.contains("image.frozen") ? configured.frozen() : usual.frozen(),
        sized ? configured.size() : usual.size(),
        sized || explicit.contains("image.resize") ? configured.resize() : usual.resize(),
        new PixelRule(
            explicit.contains("image.resample") ? told.kernel() : rule.kernel(),
            explicit.contains("image.mean") ? told.mean() : rule.mean(),
            explicit.contains("image.std") ? told.deviation() : rule.deviation()));
  }

  /** What the model that is trained will be, before any weight is read. */
  ModelDesign design(TrainConfig config, Set<String> explicit, TrainingData data) {
    var tokenizer = tokenizer(config, data);
    var bert = bertConfig(config, explicit, tokenizer.size());
    if (config.model().maxLength() > bert.maxPositions()) {
      throw MmibException.of(
          ErrorCode.USAGE,
          "maxLength is "
              + config.model().maxLength()
              + ", but the text encoder has only "
              + bert.maxPositions()
              + " positions (max_position_embeddings)",
          "Give --set maxLength=" + bert.maxPositions() + " or less.");
    }
    if (config.model().maxLength() > tokenizer.maxLength()) {
      LOG.warn(
          "maxLength is {}, the tokenizer's model_max_length {}",
          config.model().maxLength(),
          tokenizer.maxLength());
    }
    var names =
        new TransferredWeights.Names(config.model().task(), data.labels(), tokenizer.tokens());
    return new ModelDesign(config, bert, tokenizer, names, data);
  }

  /** Makes the model that is trained. */
  Made make(Backend backend, ModelDesign design) {
    var open = new ArrayList<StoredWeights>();
    try {
      var weights = weights(design.config().seed(), open);
      var old = from == null ? null : transferred(from, design.names(), weights, open);
      var all = withPictures(old == null ? weights : old, open);
      var model = design.model(backend, all);
      if (old != null) {
        old.report().forEach(line -> LOG.info("{}: {}", from, line));
      }
      return new Made(model, design.tokenizer());
    } finally {
      open.forEach(StoredWeights::close);
    }
  }

  private static TransferredWeights transferred(
      Path model, TransferredWeights.Names names, Weights otherwise, List<StoredWeights> open) {
    var directory = ModelDirectory.open(model);
    var old =
        new TransferredWeights.Names(
            directory.config().task(), directory.labels(), directory.tokenizer().tokens());
    var stored =
        StoredWeights.open(ConfinedFiles.in(model, ModelDirectory.WEIGHTS, ErrorCode.MODEL_FILE));
    open.add(stored);
    return new TransferredWeights(stored, old, names, otherwise);
  }

  private BertTokenizer tokenizer(TrainConfig config, TrainingData data) {
    BertTokenizer tokenizer;
    if (from != null) {
      tokenizer = ModelDirectory.open(from).tokenizer();
    } else if (textEncoder != null) {
      tokenizer = HuggingFaceDirectory.open(textEncoder).tokenizer();
    } else {
      var options = BertTokenizer.Options.uncased();
      var words = new VocabularyBuilder(options).addAll(data.trainingTexts());
      tokenizer = BertTokenizer.of(words.build(VOCABULARY, LEAST_OCCURRENCES), options);
    }
    tokenizer.warnings().forEach(warning -> LOG.warn("vocabulary: {}", warning));
    return config.model().task() == Task.RE
        ? tokenizer.withAddedTokens(RelationEncoder.MARKERS)
        : tokenizer;
  }

  private BertConfig bertConfig(TrainConfig config, Set<String> explicit, int tokens) {
    BertConfig given;
    if (from != null) {
      given = ModelDirectory.open(from).bertConfig();
    } else if (textEncoder != null) {
      given = HuggingFaceDirectory.open(textEncoder).config();
    } else {
      return config.bert().config(tokens);
    }
    int vocabulary = Math.max(given.vocabularySize(), tokens);
    return config.bert().applyTo(given.withVocabularySize(vocabulary), explicit);
  }

  private Weights weights(long seed, List<StoredWeights> open) {
    var weights = Weights.random(seed);
    if (textEncoder != null && !HuggingFaceDirectory.open(textEncoder).hasWeights()) {
      LOG.warn("{}: no weights there, the text encoder starts from random ones", textEncoder);
    } else if (textEncoder != null) {
      var stored = HuggingFaceDirectory.open(textEncoder).weights();
      open.add(stored);
      weights = stored.bert(weights);
    }
    return weights;
  }

  /** The picture encoder that was given comes before that of a trained model. */
  private Weights withPictures(Weights otherwise, List<StoredWeights> open) {
    if (imageEncoder == null) {
      return otherwise;
    }
    var stored = ResNetSource.open(imageEncoder).weights();
    open.add(stored);
    return stored.resnet(otherwise);
  }
}
