package dev.mmib.cuda.bench;

import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;

/**
 * A measurement, and a line of JSON.
 *
 * @param by who was measured: {@code mmib} or {@code torch}
 * @param what such as {@code attention forward}
 * @param shape such as {@code 8x12x80x80x64}
 * @param precision {@code fp32}, {@code tf32} or {@code bf16}
 * @param mode how it was run, such as {@code graphs}
 * @param median of several measurements, microseconds a call
 * @param low the first quartile of them
 * @param high the third
 * @param bytes read and written, where the time is to be held against the memory's; else 0
 */
record Result(
    String by,
    String what,
    String shape,
    String precision,
    String mode,
    double median,
    double low,
    double high,
    long bytes) {

  String toJson() {
    return Json.write(
        new JsonObject()
            .put("by", by)
            .put("what", what)
            .put("shape", shape)
            .put("precision", precision)
            .put("mode", mode)
            .put("us", median)
            .put("low", low)
            .put("high", high)
            .put("bytes", bytes));
  }

  static Result parse(String line, String source) {
    var json = Json.parse(line, source).asObject();
    return new Result(
        json.string("by"),
        json.string("what"),
        json.string("shape"),
        json.string("precision"),
        json.string("mode"),
        json.number("us"),
        json.number("low"),
        json.number("high"),
        json.longInteger("bytes"));
  }

  /** Bytes a second, in units of 10⁹. */
  double gigabytesPerSecond() {
    return bytes / median / 1e3;
  }
}
