package dev.mmib.convert.torch;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.mmib.convert.pickle.ByteSource;
import dev.mmib.convert.pickle.PickleMachine;
import dev.mmib.convert.pickle.PickleReader;
import dev.mmib.convert.pickle.PickleValue;
import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Sequence;
import dev.mmib.convert.pickle.PickleValue.Tuple;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.golden.Golden;
import dev.mmib.io.JsonValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** P27: every byte of every golden pickle replaced by others: a value comes out, or a refusal. */
class PickleMutationGoldenTest {

  private static final int[] FEW_CHANGES = {0x01, 0x20, 0x80};
  private static final int[] MANY_CHANGES = IntStream.rangeClosed(1, 17).map(i -> i * 15).toArray();
  private static final int MOST_READ = 50;
  private static final Set<ErrorCode> REFUSALS =
      EnumSet.of(ErrorCode.PICKLE, ErrorCode.PICKLE_FORBIDDEN);

  @TestFactory
  Stream<DynamicTest> endsInAValueOrARefusal() {
    return mutations(FEW_CHANGES);
  }

  @Tag("slow")
  @TestFactory
  Stream<DynamicTest> endsInAValueOrARefusalAfterManyChanges() {
    return mutations(MANY_CHANGES);
  }

  private static Stream<DynamicTest> mutations(int[] changes) {
    return Golden.orSkipped(
        () ->
            Golden.json(group().resolve("manifest.json")).array("cases").items().stream()
                .map(JsonValue::asObject)
                .flatMap(golden -> golden.array("files").strings().stream())
                .map(
                    file ->
                        dynamicTest("P27: " + file, () -> mutate(group().resolve(file), changes))));
  }

  private static Path group() {
    return Golden.root().resolve("formats/torchsave");
  }

  private static void mutate(Path file, int[] changes) throws IOException {
    var pickles = file.toString().endsWith(".legacy.pt") ? stream(file) : record(file);
    int values = 0;
    int refusals = 0;
    for (int at = 0; at < pickles.length; at++) {
      for (int change : changes) {
        pickles[at] ^= (byte) change;
        if (isRead(pickles)) {
          values++;
        } else {
          refusals++;
        }
        pickles[at] ^= (byte) change;
      }
    }
    assertTrue(isRead(pickles), "the file itself");
    assertTrue(values > 0 && refusals > values / 10, values + " values, " + refusals + " refusals");
  }

  private static byte[] record(Path file) throws IOException {
    try (var zip = new ZipFile(file.toFile())) {
      var entries = zip.entries();
      while (entries.hasMoreElements()) {
        var entry = entries.nextElement();
        if (entry.getName().endsWith("/data.pkl")) {
          return zip.getInputStream(entry).readAllBytes();
        }
      }
    }
    throw new IllegalStateException("golden: " + file + " vs a file with a data.pkl");
  }

  /** The five pickles at the beginning of a stream, without the storages behind them. */
  private static byte[] stream(Path file) throws IOException {
    var bytes = Files.readAllBytes(file);
    var reader = new PickleReader(ByteSource.of(bytes), "x.pt", "", 0);
    for (int i = 0; i < 5; i++) {
      PickleMachine.read(reader, new TorchConstructors(new MemoryStorages()));
    }
    return Arrays.copyOf(bytes, (int) reader.position());
  }

  private static boolean isRead(byte[] pickles) {
    var reader = new PickleReader(ByteSource.of(pickles), "x.pt", "", 0);
    try {
      do {
        walk(PickleMachine.read(reader, new TorchConstructors(new MemoryStorages())));
      } while (reader.left() > 0);
      return true;
    } catch (MmibException e) {
      assertTrue(REFUSALS.contains(e.code()), e.getMessage());
      return false;
    }
  }

  /** Reads the beginning and the end of every tensor. */
  private static void walk(PickleValue value) {
    if (value instanceof Dictionary dictionary) {
      dictionary.entries().values().forEach(PickleMutationGoldenTest::walk);
    } else if (value instanceof Sequence list) {
      list.items().forEach(PickleMutationGoldenTest::walk);
    } else if (value instanceof Tuple tuple) {
      tuple.items().forEach(PickleMutationGoldenTest::walk);
    } else if (value instanceof TorchTensor tensor) {
      long count = Math.min(tensor.size(), MOST_READ);
      var content = tensor.source().content();
      content.put(0, ByteBuffer.allocate((int) count * tensor.type().bits() / 8));
      content.put(
          tensor.size() - count, ByteBuffer.allocate((int) count * tensor.type().bits() / 8));
    }
  }
}
