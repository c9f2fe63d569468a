package dev.mmib.convert.torch;

import dev.mmib.convert.pickle.ByteSource;
import dev.mmib.convert.pickle.PickleMachine;
import dev.mmib.convert.pickle.PickleReader;
import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.Refusal;
import dev.mmib.io.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Storages of any key, type and size up to a million, whose element number i is made from i. */
final class MemoryStorages implements Storages {

  private static final long MOST = 1_000_000;

  private final List<String> asked = new ArrayList<>();

  @Override
  public TorchStorage storage(String key, TensorType type, long size) throws Refusal {
    asked.add(key);
    if (key.equals("absent") || size > MOST) {
      throw Refusal.damaged("no storage '" + key + "' of " + size + " elements");
    }
    return new Memory(key, type, size, new ArrayList<>());
  }

  /** The keys in the order that storages were asked for. */
  List<String> asked() {
    return asked;
  }

  /** Byte b of element i is {@code i >> 8 * b}; reads are written down. */
  record Memory(String key, TensorType type, long size, List<Integer> reads)
      implements TorchStorage {

    @Override
    public void read(long at, ByteBuffer to) {
      int width = type.bits() / 8;
      if (at < 0 || at + to.remaining() > size * width) {
        throw new IllegalArgumentException(
            "storage: " + at + " and " + to.remaining() + " vs " + size * width + " bytes");
      }
      reads.add(to.remaining());
      for (long next = at; to.hasRemaining(); next++) {
        to.put((byte) (next / width >> 8 * (next % width)));
      }
    }
  }

  static PickleValue read(byte[] pickle) {
    return PickleMachine.read(
        new PickleReader(ByteSource.of(pickle), "model.bin", "data.pkl", 0),
        new TorchConstructors(new MemoryStorages()));
  }
}
