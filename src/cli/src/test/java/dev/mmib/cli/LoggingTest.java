package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class LoggingTest {

  @Test
  void aLineIsLevelAndMessageWithNothingThatMovesTheCursor() {
    var event = new LoggingEvent();
    event.setLevel(Level.WARN);
    event.setMessage("a\u001b[2Jb\nc\u007f {} \u00e9");
    event.setArgumentArray(new Object[] {7});
    var lines = new Logging.Lines();
    assertEquals("WARN  a [2Jb c  7 \u00e9" + System.lineSeparator(), lines.doLayout(event));
    var error = new LoggingEvent();
    error.setLevel(Level.ERROR);
    error.setMessage("x");
    assertEquals("ERROR x" + System.lineSeparator(), lines.doLayout(error));
  }

  @Test
  void ourOwnMessagesCountFromInfoAndThoseOfLibrariesFromWarnings() {
    var logging = new LoggerContext();
    Logging.setUp(logging);
    assertEquals(Level.INFO, logging.getLogger("dev.mmib.predict").getEffectiveLevel());
    assertEquals(Level.WARN, logging.getLogger("org.bytedeco").getEffectiveLevel());
    var appender = logging.getLogger("ROOT").getAppender("STDERR");
    assertTrue(appender instanceof ConsoleAppender<?> && appender.isStarted());
    assertEquals("System.err", ((ConsoleAppender<?>) appender).getTarget());
  }

  @Test
  void isFoundByLogbackAndGivesWayToAFile() {
    var found =
        ServiceLoader.load(Configurator.class).stream()
            .filter(provider -> provider.type() == Logging.class)
            .findFirst()
            .orElseThrow()
            .get();
    // These tests have a logback-test.xml.
    assertEquals(
        Configurator.ExecutionStatus.INVOKE_NEXT_IF_ANY, found.configure(new LoggerContext()));
  }
}
