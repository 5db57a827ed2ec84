package dev.freehold.lifecycle;

import dev.freehold.models.ModelCache;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the daemon until it is told to stop. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = {
      "Serves this box's models to the LAN until it gets SIGTERM or SIGINT.",
      "",
      "The box must have been enrolled. It serves what its last valid bundle says, also while its",
      "controller cannot be reached, and takes a new bundle over without a restart."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:stopped in good order", "1:it could not start; the reason is printed"})
final class ServeCommand implements Callable<Integer> {

  /** Beyond the running answers: the models' memory, the ledger's last records. */
  private static final Duration CLOSING_MAX = Duration.ofSeconds(20);

  @Option(
      names = "--state",
      required = true,
      paramLabel = "DIR",
      description = "The box's state folder, as given to enrol.")
  private Path state;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "0.0.0.0:8443",
      converter = SocketAddressConverter.class,
      description =
          "Where LAN clients connect. Port 0 takes a free one. Default: ${DEFAULT-VALUE}.")
  private InetSocketAddress listen;

  @Option(
      names = "--health",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:8080",
      converter = SocketAddressConverter.class,
      description = "Loopback address of health and metrics. Default: ${DEFAULT-VALUE}.")
  private InetSocketAddress health;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description =
          "Where model files are kept. Default: FREEHOLD_MODELS, else ~/.cache/freehold/models.")
  private Optional<Path> models;

  @Option(
      names = "--model",
      paramLabel = "NAME=GGUF",
      description = "Serves this file under the policy's NAME instead of the catalogue's.")
  private Map<String, Path> modelFiles = Map.of();

  @Option(
      names = "--projector",
      paramLabel = "NAME=GGUF",
      description = "Lets the model of the policy's NAME see: its projector (mmproj) file.")
  private Map<String, Path> projectorFiles = Map.of();

  @Option(
      names = "--adapter",
      paramLabel = "NAME=GGUF",
      description = "The LoRA adapter that the policy calls NAME.")
  private Map<String, Path> adapterFiles = Map.of();

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = MemorySizeConverter.class,
      description = {
        "What all models together may take of the machine's memory, such as 6G or 512M. A model",
        "that does not fit is refused. Default: three quarters of the memory, less Java's heap."
      })
  private Optional<MemoryBudget> memory;

  @Option(
      names = "--drain-seconds",
      paramLabel = "N",
      defaultValue = "20",
      description = "How long running answers may go on at a stop. Default: ${DEFAULT-VALUE}.")
  private int drainSeconds;

  @Override
  public Integer call() throws Exception {
    BoxOptions options =
        new BoxOptions(
            state,
            listen,
            health,
            models.map(ModelCache::new).orElseGet(ModelCache::standard),
            new GivenFiles(modelFiles, projectorFiles, adapterFiles),
            memory.orElseGet(MemoryBudget::standard),
            Duration.ofSeconds(drainSeconds));
    Logging.configure();
    try (StopSignal _ = new StopSignal(options.drain().plus(CLOSING_MAX));
        Box box = Box.start(options)) {
      box.awaitStop();
    } catch (InterruptedException e) {
      // This is how the signal reaches a daemon, whether it is serving or still starting.
      return 0;
    }
    return 0;
  }
}
