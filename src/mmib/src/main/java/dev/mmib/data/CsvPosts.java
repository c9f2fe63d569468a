package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.InputFile;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonScalar;
import dev.mmib.io.JsonValue;
import java.io.BufferedReader;
import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Posts as comma-separated values (RFC 4180) with a row of column names.
 *
 * <pre>
 *   id,text,image,crops,entities         crops a.jpg;b.jpg      entities start:end:TYPE;…
 *   id,text,image,head,tail,relation     head start:end         relations s:e:s:e:TYPE;…
 * </pre>
 *
 * <p>{@code tokens}, separated by blanks, may stand for {@code text}. A cell that is empty counts
 * as absent, empty {@code entities} or {@code relations} as none. A broken quotation leaves no
 * telling where rows begin, so it refuses the file.
 */
final class CsvPosts implements PostSource {

  private static final String CURE = "See docs/data-formats.md, CSV.";

  private final String file;
  private final Bounded reader;
  private final CSVParser parser;
  private final Iterator<CSVRecord> records;
  private final List<String> columns;
  private long line;
  private List<String> cells = List.of();

  CsvPosts(Path file) {
    this.file = file.toString();
    new LineReader(file, ErrorCode.POST).close(); // refuses what is no text
    var channel = InputFile.open(file, ErrorCode.POST);
    var decoded = Channels.newReader(channel, StandardCharsets.UTF_8.newDecoder(), -1);
    this.reader = new Bounded(new BufferedReader(decoded));
    try {
      this.parser = new CSVParser(reader, CSVFormat.RFC4180);
      this.records = parser.iterator();
      this.columns = header();
    } catch (IOException e) {
      throw closing(failed(e));
    } catch (MmibException e) {
      throw closing(e);
    }
  }

  private MmibException closing(MmibException cause) {
    try {
      reader.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    return cause;
  }

  private List<String> header() {
    if (!advance()) {
      throw MmibException.in(file, ErrorCode.POST, "there are no rows", CURE);
    }
    var names = new ArrayList<String>();
    for (var cell : cells) {
      var name = cell.startsWith("\uFEFF") ? cell.substring(1).strip() : cell.strip();
      if (name.isEmpty() || names.contains(name)) {
        throw MmibException.at(
            file,
            place(),
            ErrorCode.POST,
            "the column name " + MmibException.quote(name) + " is empty or given twice",
            "The first row names the columns.");
      }
      names.add(name);
    }
    return names;
  }

  @Override
  public boolean advance() {
    try {
      do {
        line = parser.getCurrentLineNumber() + 1;
        reader.allowMore();
        if (!records.hasNext()) {
          return false;
        }
        cells = records.next().toList();
      } while (cells.size() == 1 && cells.get(0).isBlank());
      return true;
    } catch (UncheckedIOException e) {
      throw failed(e.getCause() == null ? new IOException(e) : e.getCause());
    }
  }

  private MmibException failed(IOException e) {
    boolean coding = e instanceof CharacterCodingException;
    boolean broken =
        coding || e instanceof TooLong || String.valueOf(e.getMessage()).contains("line");
    var what =
        coding
            ? "the row is not UTF-8"
            : broken ? "the row is not CSV: " + e.getMessage() : "the file cannot be read";
    return MmibException.at(
            file, place(), broken ? ErrorCode.POST : ErrorCode.IO, what, broken ? CURE : "")
        .causedBy(e);
  }

  @Override
  public String place() {
    return "line " + line;
  }

  @Override
  public JsonObject row() {
    if (cells.size() != columns.size()) {
      throw MmibException.of(
          ErrorCode.POST,
          cells.size() + " cells vs " + columns.size() + " columns",
          "Quote cells with commas in them.");
    }
    var row = new JsonObject();
    for (int i = 0; i < columns.size(); i++) {
      var name = columns.get(i);
      var cell = cells.get(i);
      boolean isList = name.equals("entities") || name.equals("relations");
      if (!cell.isEmpty() || isList) {
        row.put(name, value(name, cell));
      }
    }
    return row;
  }

  private static JsonValue value(String column, String cell) {
    return switch (column) {
      case "tokens" -> list(cell, " ", JsonScalar::of);
      case "crops" -> list(cell, ";", name -> JsonScalar.of(name.strip()));
      case "entities" -> list(cell, ";", CsvPosts::entity);
      case "relations" -> list(cell, ";", CsvPosts::relation);
      case "head", "tail" -> {
        var parts = parts(column, cell, "start:end", 2);
        yield span(column, parts[0], parts[1]);
      }
      default -> JsonScalar.of(cell);
    };
  }

  private static JsonArray list(String cell, String separator, Function<String, JsonValue> item) {
    var list = new JsonArray();
    Stream.of(cell.split(separator)).filter(s -> !s.isBlank()).map(item).forEach(list::add);
    return list;
  }

  private static JsonValue entity(String text) {
    var parts = parts("entities", text, "start:end:TYPE", 3);
    return new JsonObject()
        .put("type", parts[2])
        .put("start", number("entities", parts[0]))
        .put("end", number("entities", parts[1]));
  }

  private static JsonValue relation(String text) {
    var parts = parts("relations", text, "start:end:start:end:TYPE", 5);
    return new JsonObject()
        .put("type", parts[4])
        .put("head", span("relations", parts[0], parts[1]))
        .put("tail", span("relations", parts[2], parts[3]));
  }

  private static String[] parts(String column, String text, String form, int count) {
    var parts = text.strip().split(":", count);
    if (parts.length != count) {
      throw refuse(column, text, form);
    }
    return parts;
  }

  private static JsonArray span(String column, String start, String end) {
    return new JsonArray().add(number(column, start)).add(number(column, end));
  }

  private static long number(String column, String text) {
    if (!text.matches("\\d{1,9}")) {
      throw refuse(column, text, "a number of at most nine digits");
    }
    return Long.parseLong(text);
  }

  private static MmibException refuse(String column, String text, String form) {
    return MmibException.of(
        ErrorCode.POST, column + ": " + MmibException.quote(text) + " is not " + form, CURE);
  }

  @Override
  public void close() {
    try {
      parser.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** A row that goes on for too long. */
  private static final class TooLong extends IOException {
    private static final long serialVersionUID = 1;

    TooLong() {
      super("a row of more than " + LineReader.LONGEST_LINE + " characters");
    }
  }

  /** Characters for one row only, until more are allowed. */
  private static final class Bounded extends FilterReader {
    private long left;

    Bounded(Reader in) {
      super(in);
    }

    void allowMore() {
      left = LineReader.LONGEST_LINE;
    }

    @Override
    public int read() throws IOException {
      int c = super.read();
      count(1);
      return c;
    }

    @Override
    public int read(char[] to, int at, int length) throws IOException {
      int n = super.read(to, at, length);
      count(n);
      return n;
    }

    private void count(int more) throws IOException {
      left -= Math.max(0, more);
      if (left < 0) {
        throw new TooLong();
      }
    }
  }
}
