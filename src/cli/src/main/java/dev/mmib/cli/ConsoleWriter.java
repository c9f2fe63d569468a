package dev.mmib.cli;

import java.io.Writer;

/** Standard output as picocli wants it, for help and version. */
final class ConsoleWriter extends Writer {

  private final Console console;
  private final StringBuilder line = new StringBuilder();

  ConsoleWriter(Console console) {
    this.console = console;
  }

  @Override
  public void write(char[] text, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (text[i] == '\n') {
        console.print(line.toString());
        line.setLength(0);
      } else if (text[i] != '\r') {
        line.append(text[i]);
      }
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    if (!line.isEmpty()) {
      write(new char[] {'\n'}, 0, 1);
    }
  }
}
