package dev.mmib.model;

import dev.mmib.bert.BertConfig;
import dev.mmib.data.Fidelity;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.JsonObject;
import java.util.List;
import java.util.function.Consumer;

/**
 * What distinguishes one MMIB model from another, its text encoder and its labels apart.
 *
 * @param textOnly whether there is no picture branch at all
 * @param crops pictures per post beside the whole one, m
 * @param refinement whether there is a variational bottleneck; without it z = μ and no KL
 * @param dropout on BERT's output and on the attention blocks' probabilities
 * @param attentionHeads of the attention blocks; 0 for 12, or for the text encoder's number where
 *     its hidden size is no multiple of 12
 * @param maxLength the longest text in word pieces; no longer than the text encoder's positions
 */
public record MmibConfig(
    Task task,
    Fidelity fidelity,
    boolean textOnly,
    int crops,
    FusionKind fusion,
    AlignmentConfig alignment,
    Beta beta,
    boolean refinement,
    double dropout,
    int attentionHeads,
    int maxLength,
    ImageConfig image) {

  /** How the two modalities are brought together. */
  public enum FusionKind {
    /** Pictures look at the text, then the text at the pictures. */
    CROSS,
    /** A linear map of the token beside the pooled pictures. */
    CONCAT,
    /** The normalized sum of the token and the pooled pictures. */
    ADD
  }

  /** The settings as variables, to change some of them. */
  public static final class Draft {
    public Task task;
    public Fidelity fidelity;
    public boolean textOnly;
    public int crops;
    public FusionKind fusion;
    public AlignmentConfig alignment;
    public Beta beta;
    public boolean refinement;
    public double dropout;
    public int attentionHeads;
    public int maxLength;
    public ImageConfig image;

    private Draft(MmibConfig from) {
      task = from.task;
      fidelity = from.fidelity;
      textOnly = from.textOnly;
      crops = from.crops;
      fusion = from.fusion;
      alignment = from.alignment;
      beta = from.beta;
      refinement = from.refinement;
      dropout = from.dropout;
      attentionHeads = from.attentionHeads;
      maxLength = from.maxLength;
      image = from.image;
    }

    private MmibConfig config() {
      return new MmibConfig(
          task,
          fidelity,
          textOnly,
          crops,
          fusion,
          alignment,
          beta,
          refinement,
          dropout,
          attentionHeads,
          maxLength,
          image);
    }
  }

  private static final int STANDARD_HEADS = 12;

  public MmibConfig {
    if (crops < 0 || crops > 64) {
      throw refuse("crops is " + crops + ", not from 0 to 64");
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw refuse("dropout is " + dropout + ", not from 0 up to 1");
    }
    if (attentionHeads < 0) {
      throw refuse("attentionHeads is " + attentionHeads + ", not 0 or more");
    }
    if (maxLength < shortest(task)) {
      throw refuse("maxLength is " + maxLength + ", not at least " + shortest(task));
    }
  }

  /** [CLS], [SEP] and a word or two; for relations two words and their four markers. */
  private static int shortest(Task task) {
    return task == Task.NER ? 4 : 8;
  }

  /** The settings of the paper for a task, with the small picture encoder. */
  public static MmibConfig of(Task task) {
    boolean ner = task == Task.NER;
    return new MmibConfig(
        task,
        Fidelity.CORRECTED,
        false,
        ner ? 4 : 3,
        FusionKind.CROSS,
        AlignmentConfig.STANDARD,
        Beta.ONES,
        true,
        0.1,
        0,
        ner ? 128 : 80,
        ImageConfig.of("tiny"));
  }

  /** Pictures per post: the whole one and its crops. */
  public int slots() {
    return 1 + crops;
  }

  /**
   * What texts are padded to at least. The released code pads every text to its limit, and its
   * masks let padding count: among other lengths its models give other scores.
   */
  public int leastLength() {
    return isReference() ? maxLength : 0;
  }

  boolean isReference() {
    return fidelity == Fidelity.REFERENCE;
  }

  /** This configuration with some settings changed. */
  public MmibConfig with(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.config();
  }

  /** This configuration with a number of heads that fits a text encoder. */
  MmibConfig fitting(BertConfig bert) {
    if (bert.maxPositions() < shortest(task)) {
      throw refuse(
          "max_position_embeddings is "
              + bert.maxPositions()
              + ", but a text has at least "
              + shortest(task)
              + " word pieces");
    }
    int hidden = bert.hiddenSize();
    int heads = attentionHeads;
    if (heads == 0) {
      heads = hidden % STANDARD_HEADS == 0 ? STANDARD_HEADS : bert.heads();
    } else if (hidden % heads != 0) {
      throw refuse("attentionHeads is " + heads + ", which does not divide hidden_size, " + hidden);
    }
    int chosen = heads;
    return with(c -> c.attentionHeads = chosen);
  }

  /** The ablation in which z is the mean and nothing holds it to the prior. */
  public MmibConfig withoutRefinement() {
    return with(c -> c.refinement = false);
  }

  /** The ablation in which texts and pictures are not aligned. */
  public MmibConfig withoutAlignment() {
    return with(c -> c.alignment = alignment.withKind(AlignmentConfig.Kind.NONE));
  }

  /** Reads what {@link #toJson} writes; what is missing has the task's usual value. */
  public static MmibConfig fromJson(JsonObject json) {
    requireKnown(
        json,
        "task",
        "fidelity",
        "textOnly",
        "crops",
        "fusion",
        "alignment",
        "beta",
        "refinement",
        "dropout",
        "attentionHeads",
        "maxLength",
        "image");
    if (json.absent("task")) {
      throw json.error("no member 'task'", "Add \"task\": \"ner\" or \"re\".");
    }
    var usual = of(Keys.read(json, "task", Task.class, Task.NER));
    try {
      return new MmibConfig(
          usual.task,
          Keys.read(json, "fidelity", Fidelity.class, usual.fidelity),
          json.bool("textOnly", usual.textOnly),
          json.integer("crops", usual.crops),
          Keys.read(json, "fusion", FusionKind.class, usual.fusion),
          AlignmentConfig.fromJson(member(json, "alignment")),
          Beta.fromJson(member(json, "beta")),
          json.bool("refinement", usual.refinement),
          json.number("dropout", usual.dropout),
          json.integer("attentionHeads", usual.attentionHeads),
          json.integer("maxLength", usual.maxLength),
          ImageConfig.fromJson(member(json, "image")));
    } catch (MmibException e) {
      throw e.file() != null ? e : json.error(e.what(), e.hint()).causedBy(e);
    }
  }

  private static JsonObject member(JsonObject json, String key) {
    return json.absent(key) ? new JsonObject() : json.object(key);
  }

  /** Refuses a member that nothing would read. */
  static void requireKnown(JsonObject json, String... known) {
    for (var key : json.keys()) {
      if (!List.of(known).contains(key)) {
        throw json.at(key)
            .error(
                "the setting " + MmibException.quote(key) + " is unknown",
                "Known are " + String.join(", ", known) + ".");
      }
    }
  }

  public JsonObject toJson() {
    return new JsonObject()
        .put("task", task.key())
        .put("fidelity", Keys.of(fidelity))
        .put("textOnly", textOnly)
        .put("crops", crops)
        .put("fusion", Keys.of(fusion))
        .put("alignment", alignment.toJson())
        .put("beta", beta.toJson())
        .put("refinement", refinement)
        .put("dropout", dropout)
        .put("attentionHeads", attentionHeads)
        .put("maxLength", maxLength)
        .put("image", image.toJson());
  }

  private static MmibException refuse(String what) {
    return MmibException.of(ErrorCode.CONFIG, what, "Correct the configuration.");
  }
}
