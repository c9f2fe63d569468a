package dev.mmib.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.mmib.io.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The generated weights are those that the golden values were computed with. */
class GoldenHashGoldenTest {

  private interface Rule {
    GoldenHash.Range range(String name, int... dims);
  }

  @TestFactory
  Stream<DynamicTest> makesTheWeightsOfResNet() {
    return Golden.orSkipped(
        () -> check("resnet50/expected.json", "weights", GoldenHash::resnet50Rule));
  }

  @TestFactory
  Stream<DynamicTest> makesTheWeightsOfBert() {
    return Golden.orSkipped(
        () -> check("bert-base/expected.json", "weights_check", GoldenHash::bertRule));
  }

  private static Stream<DynamicTest> check(String file, String list, Rule rule) {
    var json = Golden.json(Golden.file(file));
    var hash = new GoldenHash(json.longInteger("weight_seed"));
    return json.array(list).items().stream()
        .map(w -> w.asObject())
        .map(w -> DynamicTest.dynamicTest(w.string("name"), () -> check(hash, rule, w)));
  }

  private static void check(GoldenHash hash, Rule rule, JsonObject expected) {
    var name = expected.string("name");
    var dims = expected.array("shape").ints();
    int size = 1;
    for (int d : dims) {
      size *= d;
    }
    var range = rule.range(name, dims);
    var values = hash.uniform(name, size, range);
    if (expected.has("lo")) {
      assertEquals(expected.number("lo"), range.lo(), 1e-15);
      assertEquals(expected.number("hi"), range.hi(), 1e-15);
    }
    if (expected.has("first")) {
      assertEquals((float) expected.number("first"), values[0]);
      assertEquals((float) expected.number("last"), values[values.length - 1]);
    }
    if (expected.has("crc32_le_f32")) {
      var bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      var crc = new CRC32();
      crc.update(bytes);
      assertEquals(
          hex(expected.longInteger("crc32_le_f32")), hex(crc.getValue()), name + ": CRC-32");
    }
  }

  private static String hex(long value) {
    return Long.toHexString(value).toUpperCase(Locale.ROOT);
  }
}
