package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ShellLineTest {

  @Test
  void leavesPlainWordsAsTheyAre() {
    assertEquals(
        "mmib predict --image a/b-1.jpg",
        ShellLine.mmib(List.of("predict", "--image", "a/b-1.jpg")));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void isReadAsTheWordsThatItWasMadeOf() throws Exception {
    var odd =
        List.of("a b", "it's", "$HOME `x` \"y\"", "", "*", "#", "a\\b", "~", "'", "new\nline", "ü");
    var script = "mmib() { printf '<%s>' \"$@\"; }\n" + ShellLine.mmib(odd);
    var shell = new ProcessBuilder("sh", "-c", script).redirectErrorStream(true).start();
    var said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, shell.waitFor(), said);
    assertEquals("<" + String.join("><", odd) + ">", said);
  }
}
