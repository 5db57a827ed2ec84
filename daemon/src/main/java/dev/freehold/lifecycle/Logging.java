package dev.freehold.lifecycle;

import java.util.List;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.Logger;

/** One line a message on standard error, where systemd and a terminal both find it. */
final class Logging {

  private static final String FORMAT = "%1$tFT%1$tT.%1$tL%1$tz %4$-7s %3$s: %5$s%6$s%n";

  /**
   * Libraries whose own start-up tales are no news to an operator, and the logger that would show
   * the values of every statement.
   */
  private static final List<String> QUIET =
      List.of("io.helidon", "io.micronaut", "io.r2dbc", "io.micronaut.data.query");

  /** Held here, since the log manager keeps loggers by weak references only. */
  private static final List<Logger> QUIET_LOGGERS = QUIET.stream().map(Logger::getLogger).toList();

  private Logging() {}

  static void configure() {
    System.setProperty("java.util.logging.SimpleFormatter.format", FORMAT);
    Logger root = Logger.getLogger("");
    for (var handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    root.addHandler(new ConsoleHandler());
    root.setLevel(Level.INFO);
    QUIET_LOGGERS.forEach(logger -> logger.setLevel(Level.WARNING));
  }
}
