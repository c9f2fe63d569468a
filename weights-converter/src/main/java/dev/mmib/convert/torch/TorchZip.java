package dev.mmib.convert.torch;

import static dev.mmib.error.MmibException.quote;

import dev.mmib.convert.pickle.ByteSource;
import dev.mmib.convert.pickle.PickleMachine;
import dev.mmib.convert.pickle.PickleReader;
import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.Refusal;
import dev.mmib.io.TensorType;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The zip format of torch.save, since version 1.6.
 *
 * <p>One folder of any name holds the pickle {@code data.pkl}, a record {@code data/KEY} for each
 * storage, {@code version}, and in newer files {@code byteorder} and records of no interest.
 */
final class TorchZip implements Storages {

  private static final int LONGEST_PICKLE = 64 << 20;
  private static final int LONGEST_NOTE = 64;
  private static final int NEWEST_VERSION = 10;
  private static final String SAVE_AGAIN = "Save it by torch.save(model.state_dict(), file).";

  private final InputBytes file;
  private final Map<String, ZipRecord> records;
  private final RecordReader reader;
  private final String folder;

  private TorchZip(
      InputBytes file, Map<String, ZipRecord> records, RecordReader reader, String folder) {
    this.file = file;
    this.records = records;
    this.reader = reader;
    this.folder = folder;
  }

  /** What the archive's pickle stands for; its storages are read by {@code reader}. */
  static PickleValue root(InputBytes file, Map<String, ZipRecord> records, RecordReader reader) {
    var zip = new TorchZip(file, records, reader, folder(file, records));
    zip.requireKind();
    zip.requireVersion();
    zip.requireLittleEndian();
    return zip.root();
  }

  private static String folder(InputBytes file, Map<String, ZipRecord> records) {
    String folder = null;
    for (var name : records.keySet()) {
      var own = name.substring(0, name.indexOf('/') + 1);
      if (own.isEmpty() || folder != null && !folder.equals(own)) {
        throw file.refused(
            "entry " + quote(name),
            "lies outside of the one folder that PyTorch writes",
            "It is another kind of zip archive, or was packed again; " + SAVE_AGAIN);
      }
      folder = own;
    }
    return folder == null ? "" : folder;
  }

  private @Nullable ZipRecord record(String name) {
    return records.get(folder + name);
  }

  private void requireKind() {
    boolean code = records.keySet().stream().anyMatch(name -> name.startsWith(folder + "code/"));
    if (code || record("constants.pkl") != null) {
      throw file.refused("is TorchScript, which is a program", SAVE_AGAIN);
    }
  }

  private void requireVersion() {
    var record = record(".data/version") != null ? record(".data/version") : record("version");
    if (record == null) {
      throw file.refused(
          record("data.pkl") == null
              ? "is a zip archive, but not one of PyTorch: it has no data.pkl"
              : "has no record 'version'",
          SAVE_AGAIN);
    }
    var version = note(record);
    boolean known = version.matches("[0-9]{1,3}") && Integer.parseInt(version) >= 1;
    if (!known || Integer.parseInt(version) > NEWEST_VERSION) {
      throw file.refused(
          "entry " + quote(record.name()),
          "version " + quote(version) + " vs 1 to " + NEWEST_VERSION,
          "It was saved by a newer PyTorch, or is damaged; " + SAVE_AGAIN);
    }
  }

  private void requireLittleEndian() {
    var record = record("byteorder");
    if (record != null && !note(record).equals("little")) {
      throw file.refused(
          "entry " + quote(record.name()),
          "byte order " + quote(note(record)) + " vs 'little'",
          "Load and save it on a little-endian machine.");
    }
  }

  private String note(ZipRecord record) {
    return new String(reader.bytes(record, LONGEST_NOTE), StandardCharsets.ISO_8859_1).strip();
  }

  private PickleValue root() {
    var record = record("data.pkl");
    if (record == null) {
      throw file.refused("has no record 'data.pkl'", SAVE_AGAIN);
    }
    var source = ByteSource.of(reader.bytes(record, LONGEST_PICKLE));
    var pickle = new PickleReader(source, file.name(), "data.pkl", 0);
    var root = PickleMachine.read(pickle, new TorchConstructors(this));
    if (pickle.left() > 0) {
      throw file.refused(
          "data.pkl byte " + pickle.position(),
          pickle.left() + " bytes after the pickle's end",
          "It is damaged, or hostile; save it again.");
    }
    return root;
  }

  @Override
  public TorchStorage storage(String key, TensorType type, long size) throws Refusal {
    var record = record("data/" + key);
    if (record == null) {
      throw Refusal.damaged("storage " + quote(key) + " is not in the archive");
    }
    int width = type.bits() / 8;
    if (record.size() % width != 0 || record.size() / width != size) {
      throw Refusal.damaged(
          "storage "
              + quote(key)
              + " of "
              + size
              + " elements of "
              + type
              + " has "
              + record.size()
              + " bytes");
    }
    return new ZipStorage(key, type, record, reader);
  }
}
