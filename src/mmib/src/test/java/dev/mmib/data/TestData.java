package dev.mmib.data;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** The real data sets, which are not part of the repository. */
public final class TestData {

  private TestData() {}

  /** A file or folder of the data sets; the test is skipped, with a line, where it is absent. */
  public static Path file(String name) {
    Path root = Path.of(System.getProperty("mmib.root", "../.."));
    String given = System.getProperty("mmib.data", "");
    Path path = root.resolve(given.isEmpty() ? "../shared/data" : given).resolve(name).normalize();
    if (!Files.exists(path)) {
      String line = "skipped: no " + name + " under mmib.data";
      System.err.println(line);
      Assumptions.abort(line);
    }
    return path;
  }
}
