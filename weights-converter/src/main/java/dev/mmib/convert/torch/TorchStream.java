package dev.mmib.convert.torch;

import static dev.mmib.error.MmibException.quote;

import dev.mmib.convert.pickle.Constructors;
import dev.mmib.convert.pickle.PickleMachine;
import dev.mmib.convert.pickle.PickleReader;
import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Bool;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Int;
import dev.mmib.convert.pickle.PickleValue.Sequence;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.convert.pickle.Refusal;
import dev.mmib.error.MmibException;
import dev.mmib.io.TensorType;
import java.math.BigInteger;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The stream format of torch.save, before version 1.6.
 *
 * <p>Pickles of a magic number, of the protocol's number, of the saving machine, of the object
 * itself and of the keys of its storages; then for each key the number of elements in eight bytes
 * and the elements. There are no checksums.
 */
final class TorchStream implements Storages {

  private static final BigInteger PROTOCOL = BigInteger.valueOf(1001);
  private static final String DAMAGED = "It is cut off or damaged; copy or save it again.";

  private final InputBytes file;
  private final PickleReader reader;
  private final Map<String, StreamStorage> storages = new LinkedHashMap<>();

  private TorchStream(InputBytes file, long from) {
    this.file = file;
    this.reader = new PickleReader(file, file.name(), "", from);
  }

  /** What the file's pickle stands for. */
  static PickleValue root(InputBytes file) {
    int magicEnd = FileContent.magicEnd(file.upTo(FileContent.HEAD, 0));
    var stream = new TorchStream(file, magicEnd);
    stream.requireProtocol();
    stream.requireLittleEndian();
    var root = PickleMachine.read(stream.reader, new TorchConstructors(stream));
    stream.placeStorages();
    return root;
  }

  @Override
  public TorchStorage storage(String key, TensorType type, long size) throws Refusal {
    if (size > file.size() / (type.bits() / 8)) {
      throw Refusal.damaged(
          "storage " + quote(key) + " of " + size + " elements in " + file.size() + " bytes");
    }
    var storage = new StreamStorage(file, key, type, size);
    storages.put(key, storage);
    return storage;
  }

  private void requireProtocol() {
    long at = reader.position();
    var protocol = PickleMachine.read(reader, Constructors.none());
    if (!(protocol instanceof Int number) || !number.value().equals(PROTOCOL)) {
      throw refused(at, "is not of protocol 1001", "Save it by a usual PyTorch.");
    }
  }

  private void requireLittleEndian() {
    long at = reader.position();
    var machine = PickleMachine.read(reader, Constructors.none());
    if (!(machine instanceof Dictionary dictionary)
        || !(dictionary.entries().get(new Text("little_endian")) instanceof Bool little)) {
      throw refused(at, "does not say its byte order", DAMAGED);
    }
    if (!little.value()) {
      throw refused(at, "is big-endian", "Load and save it on a little-endian machine.");
    }
  }

  private void placeStorages() {
    long keysAt = reader.position();
    var keys = PickleMachine.read(reader, Constructors.none());
    if (!(keys instanceof Sequence list)) {
      throw refused(keysAt, "has no list of storages", DAMAGED);
    }
    var placed = new HashSet<String>();
    long at = reader.position();
    for (var item : list.items()) {
      var key = key(item, keysAt);
      var storage = storages.get(key);
      if (storage == null || !placed.add(key)) {
        throw refused(
            keysAt,
            "lists storage " + quote(key) + (storage == null ? ", which nothing uses" : " twice"),
            DAMAGED);
      }
      at = place(storage, at);
    }
    for (var key : storages.keySet()) {
      if (!placed.contains(key)) {
        throw refused(keysAt, "does not list storage " + quote(key), DAMAGED);
      }
    }
    if (at != file.size()) {
      throw refused(at, (file.size() - at) + " bytes after the last storage", DAMAGED);
    }
  }

  private String key(PickleValue item, long at) {
    if (item instanceof Text text) {
      return text.value();
    } else if (item instanceof Int number && number.value().bitLength() < Long.SIZE) {
      return number.value().toString();
    }
    throw refused(at, "lists a storage without a name", DAMAGED);
  }

  /** Compares the number of elements before them with the pickle's; gives the place after them. */
  private long place(StreamStorage storage, long at) {
    long left = file.size() - at - Long.BYTES;
    long count = left < 0 ? -1 : file.upTo(Long.BYTES, at).getLong(0);
    int width = storage.type().bits() / 8;
    if (left < 0 || count == storage.size() && count > left / width) {
      throw refused(
          at,
          "ends within storage " + quote(storage.key()) + " of " + storage.size() + " elements",
          DAMAGED);
    }
    if (count != storage.size()) {
      throw refused(
          at,
          "storage "
              + quote(storage.key())
              + " of "
              + storage.size()
              + " elements has "
              + count
              + " here",
          DAMAGED);
    }
    storage.placeAt(at + Long.BYTES);
    return at + Long.BYTES + count * width;
  }

  private MmibException refused(long at, String what, String hint) {
    return file.refused("byte " + at, what, hint);
  }
}
