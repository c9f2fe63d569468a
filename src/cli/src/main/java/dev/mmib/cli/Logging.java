package dev.mmib.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.nio.charset.StandardCharsets;

/**
 * How the command logs: a line for each message, on standard error, since standard output belongs
 * to the results. The system property {@code mmib.log} sets the level.
 *
 * <p>Reading this from {@code logback.xml} would take longer than computing a post. Where there is
 * such a file, or {@code logback.configurationFile} names one, it is read instead.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_NORMAL_PRIORITY)
public final class Logging extends ContextAwareBase implements Configurator {

  /** Level and message; what could move the cursor of a terminal is a space. */
  static final class Lines extends LayoutBase<ILoggingEvent> {
    private static final int LEVEL = 5;

    @Override
    public String doLayout(ILoggingEvent event) {
      var line = new StringBuilder(event.getLevel().toString());
      while (line.length() < LEVEL) {
        line.append(' ');
      }
      line.append(' ');
      var message = event.getFormattedMessage();
      for (int i = 0; i < message.length(); i++) {
        char c = message.charAt(i);
        line.append(c < ' ' || c == 0x7f ? ' ' : c);
      }
      return line.append(System.lineSeparator()).toString();
    }
  }

  @Override
  public ExecutionStatus configure(LoggerContext logging) {
    if (isConfiguredByFile()) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    setUp(logging);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  static void setUp(LoggerContext logging) {
    var layout = new Lines();
    layout.setContext(logging);
    layout.start();
    var encoder = new LayoutWrappingEncoder<ILoggingEvent>();
    encoder.setContext(logging);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setContext(logging);
    appender.setName("STDERR");
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    var root = logging.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(appender);
    logging.getLogger("dev.mmib").setLevel(Level.toLevel(System.getProperty("mmib.log", "INFO")));
  }

  private static boolean isConfiguredByFile() {
    var loader = Logging.class.getClassLoader();
    return System.getProperty("logback.configurationFile") != null
        || loader.getResource("logback-test.xml") != null
        || loader.getResource("logback.xml") != null;
  }
}
