package dev.mmib.cli;

import dev.mmib.train.EpochReport;
import dev.mmib.train.StepReport;
import dev.mmib.train.TrainingListener;
import java.util.Locale;
import java.util.Map;

/** Shows how a training goes on standard error: a bar on a terminal, else a line now and then. */
final class Progress implements TrainingListener {

  /** How progress is shown. */
  enum Kind {
    /** A bar where a person watches, else lines. */
    AUTO,
    BAR,
    LOG,
    NONE
  }

  private static final long BAR_NANOS = 100_000_000L;
  private static final long LOG_NANOS = 10_000_000_000L;
  private static final int CELLS = 24;
  private static final int NARROWEST = 40;
  private static final int USUAL_WIDTH = 80;

  private final Console console;
  private final Kind kind;
  private final int width;
  private long shown;
  private int drawn;

  Progress(Console console, Kind asked) {
    this(console, asked, System.getenv());
  }

  Progress(Console console, Kind asked, Map<String, String> environment) {
    this.console = console;
    this.width = width(environment.getOrDefault("COLUMNS", ""));
    this.kind = asked != Kind.AUTO ? asked : suitsBar(environment) ? Kind.BAR : Kind.LOG;
    this.shown = System.nanoTime();
  }

  private boolean suitsBar(Map<String, String> environment) {
    return console.isTerminal()
        && !environment.getOrDefault("TERM", "dumb").equals("dumb")
        && !environment.containsKey("NO_COLOR")
        && !environment.containsKey("CI")
        && width >= NARROWEST;
  }

  private static int width(String columns) {
    return columns.matches("\\d{1,4}") ? Integer.parseInt(columns) : USUAL_WIDTH;
  }

  @Override
  public void stepped(StepReport report) {
    show(
        report.step() / (double) report.steps(),
        text(
            "epoch %d  step %d/%d  loss %.3f  %.1f posts/s",
            report.epoch(), report.step(), report.steps(), report.loss(), report.postsPerSecond()));
  }

  @Override
  public void scoring(String split, int done, int total) {
    show(done / (double) total, text("scoring %s  %d/%d", split, done, total));
  }

  @Override
  public void scored(EpochReport report) {
    if (kind == Kind.NONE) {
      return;
    }
    clear();
    console.tell(
        text(
            "epoch %d  loss %.4f  dev P %.4f R %.4f F1 %.4f%s  %.1f s",
            report.epoch(),
            report.loss(),
            report.dev().precision(),
            report.dev().recall(),
            report.dev().f1(),
            report.best() ? " (best)" : "",
            report.seconds()));
  }

  /** How far the writing of weights is. */
  void converting(long bytes, long total) {
    show(
        bytes / (double) Math.max(1, total),
        text("written %d of %d MB", bytes >> 20, (total + (1 << 20) - 1) >> 20));
  }

  private static String text(String form, Object... values) {
    return String.format(Locale.ROOT, form, values);
  }

  private void show(double share, String text) {
    long now = System.nanoTime();
    if (kind == Kind.NONE || now - shown < (kind == Kind.BAR ? BAR_NANOS : LOG_NANOS)) {
      return;
    }
    shown = now;
    if (kind == Kind.LOG) {
      console.tell(text);
      return;
    }
    int full = (int) (Math.min(1, share) * CELLS);
    var line = "[" + "#".repeat(full) + ".".repeat(CELLS - full) + "] " + text;
    draw(line.substring(0, Math.min(line.length(), width - 1)));
  }

  /** The cursor stays at the line's beginning, so that a warning overwrites the bar. */
  private void draw(String line) {
    console.err().print(line + " ".repeat(Math.max(0, drawn - line.length())) + "\r");
    console.err().flush();
    drawn = line.length();
  }

  /** Takes the bar away. */
  void clear() {
    if (drawn > 0) {
      draw("");
      drawn = 0;
    }
  }
}
