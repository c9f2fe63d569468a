package dev.mmib.data;

import java.util.List;
import java.util.Map;

/**
 * What a reader came across.
 *
 * @param rows read and usable
 * @param skipped left out, by a lenient reader
 * @param counts how often each oddity occurs
 * @param findings the first {@value #MOST_FINDINGS} of each kind, with their places
 */
public record ReadReport(
    String file, int rows, int skipped, Map<Finding.Kind, Integer> counts, List<Finding> findings) {

  /** Places that are kept of each kind. */
  public static final int MOST_FINDINGS = 20;

  public ReadReport {
    counts = Map.copyOf(counts);
    findings = List.copyOf(findings);
  }

  public int count(Finding.Kind kind) {
    return counts.getOrDefault(kind, 0);
  }
}
