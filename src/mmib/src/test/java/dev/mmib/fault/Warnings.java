package dev.mmib.fault;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** What is warned of in a package, kept from the console. */
public final class Warnings implements AutoCloseable {

  private final Logger logger;
  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

  public Warnings(String name) {
    logger = (Logger) LoggerFactory.getLogger(name);
    appender.start();
    logger.setAdditive(false);
    logger.addAppender(appender);
  }

  /** The messages so far, which are then forgotten. */
  public List<String> take() {
    var messages =
        appender.list.stream()
            .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
            .map(ILoggingEvent::getFormattedMessage)
            .toList();
    appender.list.clear();
    return messages;
  }

  @Override
  public void close() {
    logger.detachAppender(appender);
    logger.setAdditive(true);
  }
}
