package dev.mmib.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Stands for the command in the tests of the script: says what it was called with. */
public final class Echo {

  private Echo() {}

  public static void main(String[] args) {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    List.of(args).forEach(argument -> out.println("<" + argument + ">"));
    out.println(System.getProperty("mmib.test"));
    System.exit(args.length == 0 ? 0 : args[0].equals("fail") ? 3 : 0);
  }
}
