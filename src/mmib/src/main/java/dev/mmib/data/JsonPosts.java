package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.Json;
import dev.mmib.io.JsonObject;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Posts as JSON, an object a line; blank lines are left out. */
final class JsonPosts implements PostSource {

  private final LineReader lines;
  private final String file;
  private String text = "";
  private @Nullable MmibException unreadable;

  JsonPosts(Path file) {
    this.lines = new LineReader(file, ErrorCode.POST);
    this.file = file.toString();
  }

  @Override
  public boolean advance() {
    while (lines.advance()) {
      try {
        text = lines.text();
        unreadable = null;
      } catch (MmibException e) {
        unreadable = e; // this row's
        return true;
      }
      if (!text.isBlank()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public JsonObject row() {
    if (unreadable != null) {
      throw unreadable;
    }
    return Json.parseLine(text, lines.number(), file, ErrorCode.POST).asObject();
  }

  @Override
  public String place() {
    return lines.place();
  }

  @Override
  public void close() {
    lines.close();
  }
}
