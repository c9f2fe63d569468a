package dev.mmib.data;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects what a reader comes across, and refuses the file in the end where it has to. */
final class Findings {

  private final String file;
  private final ErrorCode code;
  private final Map<Finding.Kind, Integer> counts = new EnumMap<>(Finding.Kind.class);
  private final List<Finding> findings = new ArrayList<>();
  private @Nullable MmibException first;
  private String hint = "";

  Findings(String file, ErrorCode code) {
    this.file = file;
    this.code = code;
  }

  void add(Finding.Kind kind, String place, String what) {
    found(kind, place(place), what);
  }

  /** As {@link #add}, with a place that names its file. */
  void found(Finding.Kind kind, String place, String what) {
    if (counts.merge(kind, 1, Integer::sum) <= ReadReport.MOST_FINDINGS) {
      findings.add(new Finding(kind, place, what));
    }
  }

  /** Takes over what a reader found. */
  void addAll(ReadReport report) {
    report.counts().forEach((kind, count) -> counts.merge(kind, count, Integer::sum));
    findings.addAll(report.findings());
  }

  Map<Finding.Kind, Integer> counts() {
    return counts;
  }

  List<Finding> all() {
    return findings;
  }

  /** A place in the file, as users read it. */
  String place(String inFile) {
    return file + ": " + inFile;
  }

  /** A row that cannot be used. */
  void invalid(String place, String what, String cure) {
    if (first == null) {
      first = MmibException.at(file, place, code, what, cure);
      hint = cure;
    }
    add(Finding.Kind.INVALID_ROW, place, what + (cure.isEmpty() ? "" : ". " + cure));
  }

  void invalid(String place, MmibException error) {
    invalid(place, error.what(), error.hint());
  }

  int invalidRows() {
    return counts.getOrDefault(Finding.Kind.INVALID_ROW, 0);
  }

  /** The report; of a strict reader only where every row can be used. */
  ReadReport report(int rows, ReadOptions options) {
    int bad = invalidRows();
    if (first != null && (!options.lenient() || rows == 0)) {
      throw bad == 1 ? first : several(bad, first);
    }
    if (rows == 0) {
      throw MmibException.in(file, code, "there are no rows", "Check that this is the right file.");
    }
    return new ReadReport(file, rows, bad, counts, findings);
  }

  private MmibException several(int bad, MmibException first) {
    var what = new StringBuilder(bad + " rows cannot be used");
    List<Finding> invalid =
        findings.stream().filter(f -> f.kind() == Finding.Kind.INVALID_ROW).toList();
    what.append(bad > invalid.size() ? "; the first " + invalid.size() + ":" : ":");
    for (Finding finding : invalid) {
      what.append("\n  ").append(finding.place()).append(": ").append(finding.what());
    }
    String position = String.valueOf(first.position());
    return MmibException.at(file, position, code, what + "\n", hint);
  }
}
