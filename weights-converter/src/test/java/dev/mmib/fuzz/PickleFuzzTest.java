package dev.mmib.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.mmib.convert.pickle.ByteSource;
import dev.mmib.convert.pickle.PickleMachine;
import dev.mmib.convert.pickle.PickleReader;
import dev.mmib.convert.torch.TorchConstructors;
import dev.mmib.convert.torch.TorchStorage;
import dev.mmib.io.TensorType;
import java.nio.ByteBuffer;

/** Any bytes as a pickle that may rebuild tensors on storages of zeros. */
class PickleFuzzTest {

  private record Zeros(String key, TensorType type, long size) implements TorchStorage {

    @Override
    public void read(long at, ByteBuffer to) {
      if (at < 0 || at + to.remaining() > size * (type.bits() / 8)) {
        throw new AssertionError("read past the end of a storage");
      }
      to.position(to.limit());
    }
  }

  @DictionaryEntries({
    "ctorch._utils\\x0A_rebuild_tensor_v2\\x0A",
    "ctorch._utils\\x0A_rebuild_parameter\\x0A",
    "ccollections\\x0AOrderedDict\\x0A",
    "ctorch\\x0AFloatStorage\\x0A",
    "ctorch\\x0AHalfStorage\\x0A",
    "cdev.mmib.fuzz\\x0ACanary\\x0A",
    "cbuiltins\\x0Aeval\\x0A",
    "storage",
    "cpu",
    "Q",
    "R",
    "\\x80\\x02",
    "(",
    "t",
    "."
  })
  @FuzzTest(maxDuration = "24h", maxExecutions = 5_000_000)
  void readsOrRefusesAPickle(byte[] data) {
    Contract.hold(
        data.length,
        () -> {
          var reader = new PickleReader(ByteSource.of(data), "file.pt", "data.pkl", 0);
          TensorWalk.read(PickleMachine.read(reader, new TorchConstructors(Zeros::new)));
          if (reader.position() > data.length) {
            throw new AssertionError("read past the end of the pickle");
          }
        });
    Canary.Cage.requireShut();
  }
}
