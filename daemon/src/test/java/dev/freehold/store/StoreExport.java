package dev.freehold.store;

import java.nio.file.Path;
import reactor.core.publisher.Flux;

/** The whole database in the clear, as SQL, for tests that search it. */
public final class StoreExport {

  private StoreExport() {}

  /** Of a ledger that is closed. */
  public static String of(Path folder) {
    try (Database database = Database.open(folder, "usage", Migration.ALL)) {
      return database.withConnection(
          connection ->
              Flux.from(connection.createStatement("SCRIPT").execute())
                  .flatMap(result -> result.map((row, metadata) -> row.get(0, String.class)))
                  .collectList()
                  .map(lines -> String.join("\n", lines)));
    }
  }
}
