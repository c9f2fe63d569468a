package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {

  /**
   * RFC 3720 gives the CRC-32C of 32 zeros; TensorFlow's mask is (rotate right 15) + 0xa282ead8.
   */
  @Test
  void masksTheChecksumAsTensorFlowDoes() {
    int crc = 0x8a9136aa;
    int masked = (crc >>> 15 | crc << 17) + 0xa282ead8;
    assertEquals(masked, EventFile.maskedChecksum(new byte[32]));
  }

  /** Bytes of these two records as TensorFlow's own writer frames and encodes them. */
  @Test
  void writesRecordsAsTensorBoardReadsThem(@TempDir Path directory) throws IOException {
    try (var file = EventFile.create(directory, 1.5)) {
      file.add(2, 300, Map.of("loss", 0.25));
      file.add(3, 301, Map.of("loss", 0.5));
    }
    List<Path> files;
    try (var listed = Files.list(directory)) {
      files = listed.toList();
    }
    assertEquals("events.out.tfevents.0000000001.mmib.0", files.get(0).getFileName().toString());
    var records = records(Files.readAllBytes(files.get(0)));
    var hex = HexFormat.of();
    assertEquals(
        "09000000000000f83f"
            + "1a0d"
            + hex.formatHex("brain.Event:2".getBytes(StandardCharsets.US_ASCII)),
        hex.formatHex(records.get(0)));
    String tag = "0a04" + hex.formatHex("loss".getBytes(StandardCharsets.US_ASCII));
    String metadata =
        "4a0d"
            + "0a09"
            + "0a07"
            + hex.formatHex("scalars".getBytes(StandardCharsets.US_ASCII))
            + "2001";
    String value = tag + "150000803e" + metadata;
    assertEquals(
        "090000000000000040" + "10ac02" + "2a1c" + "0a1a" + value, hex.formatHex(records.get(1)));
    assertEquals(
        "090000000000000840" + "10ad02" + "2a0d" + "0a0b" + tag + "150000003f",
        hex.formatHex(records.get(2)),
        "metadata only once for a tag");
  }

  /** TensorBoard drops what earlier files say from the step of such an event on. */
  @Test
  void marksWhereARunGoesOn(@TempDir Path directory) throws IOException {
    EventFile.create(directory, 1.5).close();
    try (var file = EventFile.create(directory, 1.5)) {
      file.restart(2, 300);
    }
    var second = directory.resolve("events.out.tfevents.0000000001.mmib.1");
    var records = records(Files.readAllBytes(second));
    // wall_time = 2, step = 300, session_log { status: START }
    assertEquals(
        "090000000000000040" + "10ac02" + "3a02" + "0801",
        HexFormat.of().formatHex(records.get(1)));
  }

  private static List<byte[]> records(byte[] file) {
    var in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    var records = new ArrayList<byte[]>();
    while (in.hasRemaining()) {
      var length = new byte[8];
      in.get(in.position(), length);
      int size = (int) in.getLong();
      assertEquals(EventFile.maskedChecksum(length), in.getInt());
      var data = new byte[size];
      in.get(data);
      assertEquals(EventFile.maskedChecksum(data), in.getInt());
      records.add(data);
    }
    assertTrue(records.size() > 0);
    return records;
  }
}
