package dev.mmib.error;

/**
 * What went wrong, as a stable number that programs and people can look up.
 *
 * <p>1xxx usage, 2xxx models, 3xxx data, 4xxx checkpoints, 5xxx the machine, 9xxx a bug of ours.
 */
public enum ErrorCode {
  USAGE(1001, 2),
  UNKNOWN_KEY(1002, 2),
  OUTPUT_EXISTS(1003, 2),
  SAFETENSORS(2101, 4),
  SAFETENSORS_DTYPE(2102, 4),
  WEIGHT_INDEX(2201, 4),
  TORCH_FILE(2301, 4),
  PICKLE(2401, 4),
  PICKLE_FORBIDDEN(2402, 4),
  CONFIG(2501, 4),
  CONFIG_UNSUPPORTED(2502, 4),
  VOCABULARY(2601, 4),
  WEIGHTS_MISMATCH(2701, 4),
  MODEL_FILE(2801, 4),
  CONLL(3101, 3),
  MNRE(3201, 3),
  LABELS(3301, 3),
  IMAGE(3401, 3),
  IMAGE_TOO_LARGE(3402, 3),
  IMAGE_UNSUPPORTED(3403, 3),
  IMAGE_MISSING(3404, 3),
  DATA_FILE(3501, 3),
  POST(3502, 3),
  CHECKPOINT(4101, 4),
  CHECKPOINT_VERSION(4102, 4),
  CHECKPOINT_NOT_SAVED(4103, 1),
  CHECKPOINT_DIFFERS(4104, 2),
  NOT_FINITE(5101, 1),
  OUT_OF_MEMORY(5201, 1),
  DEVICE(5301, 1),
  CLOSED(5401, 1),
  CANCELLED(5402, 130),
  IO(5501, 1),
  BUG(9001, 1);

  private final int number;
  private final int exitStatus;

  ErrorCode(int number, int exitStatus) {
    this.number = number;
    this.exitStatus = exitStatus;
  }

  /** The number behind {@code MMIB-}. */
  public int number() {
    return number;
  }

  /** What the command line exits with: 1 failed, 2 usage, 3 bad data, 4 bad model or checkpoint. */
  public int exitStatus() {
    return exitStatus;
  }

  @Override
  public String toString() {
    return "MMIB-" + number;
  }
}
