package dev.freehold.models.cli;

import dev.freehold.bundle.catalogue.Catalogue;
import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.models.FetchProgress;
import dev.freehold.models.FetchSettings;
import dev.freehold.models.ModelCache;
import dev.freehold.models.ModelFetchException;
import dev.freehold.models.ModelFetcher;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freehold models list|fetch|path}. */
@Command(
    name = "models",
    description = "Shows and fetches the models of the catalogue.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
public final class ModelsCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Expected one of: list, fetch, path.");
  }

  @Command(name = "list", description = "Lists the catalogue and what of it is on this machine.")
  int list(@Option(names = "--models", description = "The folder of models.") Path folder)
      throws IOException {
    ModelCache cache = cache(folder);
    PrintWriter out = spec.commandLine().getOut();
    for (CatalogueEntry entry : Catalogue.load().entries()) {
      out.printf(
          Locale.ROOT,
          "%-20s %8.1f MB  %-12s %-8s %s%n",
          entry.name(),
          entry.sizeBytes() / 1e6,
          entry.licence(),
          cache.find(entry).isPresent() ? "here" : "-",
          entry.title());
    }
    out.flush();
    return 0;
  }

  @Command(name = "fetch", description = "Fetches a model, unless it is here, and prints its file.")
  int fetch(
      @Parameters(paramLabel = "NAME", description = "The model's name in the catalogue.")
          String name,
      @Option(names = "--models", description = "The folder of models.") Path folder,
      @Option(
              names = "--hub",
              paramLabel = "URL",
              description = "The address of a model hub, to ask it first.")
          URI hub)
      throws InterruptedException {
    CatalogueEntry entry = entry(name);
    try {
      FetchSettings settings = FetchSettings.standard();
      // Progress goes to standard error: standard output holds the path alone.
      Path file =
          new ModelFetcher(
                  cache(folder),
                  hub == null ? settings : settings.withHub(hub),
                  FetchProgress.lines(System.err))
              .fetch(entry);
      return print(file);
    } catch (IllegalArgumentException | ModelFetchException e) {
      return fail(e.getMessage());
    }
  }

  @Command(name = "path", description = "Prints the file of a model that is here.")
  int path(
      @Parameters(paramLabel = "NAME", description = "The model's name in the catalogue.")
          String name,
      @Option(names = "--models", description = "The folder of models.") Path folder)
      throws IOException {
    CatalogueEntry entry = entry(name);
    ModelCache cache = cache(folder);
    Optional<Path> file = cache.find(entry);
    return file.isPresent()
        ? print(file.get())
        : fail(
            "Expected "
                + cache.file(entry)
                + ", which is not there. `freehold models fetch "
                + name
                + "` brings it.");
  }

  private static ModelCache cache(Path folder) {
    return folder == null ? ModelCache.standard() : new ModelCache(folder);
  }

  private CatalogueEntry entry(String name) {
    Catalogue catalogue = Catalogue.load();
    return catalogue
        .entry(name)
        .orElseThrow(
            () ->
                new ParameterException(
                    spec.commandLine(),
                    "Expected one of "
                        + String.join(", ", catalogue.names())
                        + ", found "
                        + name
                        + "."));
  }

  private int print(Path file) {
    spec.commandLine().getOut().println(file);
    spec.commandLine().getOut().flush();
    return 0;
  }

  private int fail(String message) {
    spec.commandLine().getErr().println(message);
    spec.commandLine().getErr().flush();
    return 1;
  }
}
