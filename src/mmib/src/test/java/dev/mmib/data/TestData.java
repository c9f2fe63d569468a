package dev.mmib.data;

import dev.mmib.golden.Golden;
import java.nio.file.Files;
import java.nio.file.Path;

/** The real data sets, which are not part of the repository. */
public final class TestData {

  private TestData() {}

  /** Where a file or folder of the data sets is, or would be. */
  public static Path path(String name) {
    String given = System.getProperty("mmib.data", "");
    return Golden.fromRoot(given.isEmpty() ? "../shared/data" : given).resolve(name);
  }

  /** A file or folder of the data sets; the test is skipped, with a line, where it is absent. */
  public static Path file(String name) {
    Path path = path(name);
    return Files.exists(path) ? path : Golden.skip("data: no " + path);
  }
}
