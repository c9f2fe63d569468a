package dev.mmib.convert;

import dev.mmib.data.Fidelity;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a file is converted.
 *
 * @param overwrite whether outputs of an earlier conversion are replaced
 * @param key where in a checkpoint the tensors are, such as {@code model}; null to look for them
 * @param textEncoder a HuggingFace directory with the configuration and the vocabulary of a
 *     released model's text encoder; null for those beside the checkpoint
 * @param relations a released relation model's {@code rel2id.json}; null for the one beside the
 *     checkpoint
 * @param fidelity of a released model. Its weights were trained with the released code's masks and
 *     padding, so {@link Fidelity#REFERENCE} gives its published scores
 */
public record ConvertOptions(
    boolean overwrite,
    @Nullable String key,
    @Nullable Path textEncoder,
    @Nullable Path relations,
    Fidelity fidelity) {

  public static final ConvertOptions STANDARD =
      new ConvertOptions(false, null, null, null, Fidelity.REFERENCE);

  public ConvertOptions overwriting() {
    return new ConvertOptions(true, key, textEncoder, relations, fidelity);
  }

  public ConvertOptions withKey(@Nullable String other) {
    return new ConvertOptions(overwrite, other, textEncoder, relations, fidelity);
  }

  public ConvertOptions withTextEncoder(@Nullable Path other) {
    return new ConvertOptions(overwrite, key, other, relations, fidelity);
  }

  public ConvertOptions withRelations(@Nullable Path other) {
    return new ConvertOptions(overwrite, key, textEncoder, other, fidelity);
  }

  public ConvertOptions withFidelity(Fidelity other) {
    return new ConvertOptions(overwrite, key, textEncoder, relations, other);
  }
}
