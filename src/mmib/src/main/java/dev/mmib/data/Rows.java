package dev.mmib.data;

import java.util.List;

/** The rows of a file together with what was odd about them. */
public record Rows<T>(List<T> rows, ReadReport report) {

  public Rows {
    rows = List.copyOf(rows);
  }
}
