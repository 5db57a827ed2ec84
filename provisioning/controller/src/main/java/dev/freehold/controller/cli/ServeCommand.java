package dev.freehold.controller.cli;

import dev.freehold.controller.Controller;
import dev.freehold.controller.ControllerSettings;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the controller until it is told to stop.",
      "",
      "Its first start creates the authority in the state folder: keep that folder safe and backed",
      "up, the boxes trust the keys in it. When it listens it prints its URL and pin, and writes",
      "STATE/ready.json with both."
    })
final class ServeCommand implements Callable<Integer> {

  /**
   * Libraries that tell too much when an operator asks for everything: of statements and of HTTP
   * they show the values, and those are credentials. The loggers are held here, since the log
   * manager keeps them by weak references only.
   */
  private static final List<Logger> QUIET_LOGGERS =
      Stream.of("io.helidon", "io.micronaut", "io.r2dbc", "io.micronaut.data.query")
          .map(Logger::getLogger)
          .toList();

  @Spec CommandSpec spec;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      required = true,
      description = "The folder of everything the controller keeps.")
  Path state;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:8643",
      description = "Where to listen; port 0 takes a free one. Default: ${DEFAULT-VALUE}.")
  String listen;

  @Option(
      names = "--name",
      paramLabel = "HOST",
      arity = "1",
      description = {
        "A host name or address that boxes reach it by; may be given more than once.",
        "The first stands in the printed URL."
      })
  List<String> names = List.of();

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      defaultValue = ControllerSettings.DEFAULT_TENANT,
      description = "Whose controller it is; read at the first start. Default: ${DEFAULT-VALUE}.")
  String tenant;

  @Override
  public Integer call() throws Exception {
    if (System.getProperty("java.util.logging.SimpleFormatter.format") == null) {
      System.setProperty(
          "java.util.logging.SimpleFormatter.format",
          "%1$tFT%1$tT.%1$tL%1$tz %4$s %3$s %5$s%6$s%n");
    }
    QUIET_LOGGERS.forEach(logger -> logger.setLevel(Level.WARNING));
    Controller controller = Controller.start(settings());
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop")
                .unstarted(
                    () -> {
                      controller.close();
                      // The signal alone would end the process with 128 + its number, as if it had
                      // failed.
                      Runtime.getRuntime().halt(0);
                    }));
    PrintWriter out = spec.commandLine().getOut();
    out.println("ready " + controller.url() + " pin " + controller.pin());
    out.flush();
    new CountDownLatch(1).await();
    return 0;
  }

  private ControllerSettings settings() {
    int colon = listen.lastIndexOf(':');
    try {
      if (colon > 0) {
        String host = listen.substring(0, colon).replaceFirst("^\\[(.*)\\]$", "$1");
        InetSocketAddress address =
            new InetSocketAddress(host, Integer.parseInt(listen.substring(colon + 1)));
        return new ControllerSettings(state, address, names, tenant, Clock.systemUTC());
      }
    } catch (NumberFormatException e) {
      // Said below.
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    throw new ParameterException(
        spec.commandLine(),
        "Expected --listen HOST:PORT, such as 0.0.0.0:8643, found \"" + listen + "\".");
  }
}
