package dev.freehold.hardwaretests.underfault;

import io.r2dbc.h2.H2ConnectionConfiguration;
import io.r2dbc.h2.H2ConnectionFactory;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;

/** The whole of a stopped server's database in the clear, as SQL. */
public final class DatabaseExport {

  private DatabaseExport() {}

  /** Writes {@code NAME.sql} beside the database. */
  public static Path write(Path store, String name) throws IOException {
    return Files.write(
        store.resolve(name + ".sql"),
        within(
            store,
            name,
            connection ->
                Flux.from(connection.createStatement("SCRIPT").execute())
                    .flatMap(result -> result.map((row, _) -> row.get(0, String.class)))));
  }

  /** Runs a statement, to plant something. */
  static void execute(Path store, String name, String sql) throws IOException {
    within(
        store,
        name,
        connection ->
            Flux.from(connection.createStatement(sql).execute()).flatMap(Result::getRowsUpdated));
  }

  /** Opens the file as its owner does, with the key beside it. */
  private static <T> List<T> within(Path store, String name, Function<Connection, Flux<T>> work)
      throws IOException {
    String key = Files.readString(store.resolve(name + ".key")).strip();
    H2ConnectionFactory factory =
        new H2ConnectionFactory(
            H2ConnectionConfiguration.builder()
                .file(store.resolve(name).toAbsolutePath().toString())
                .username("freehold")
                .password(key + " freehold")
                .property("CIPHER", "AES")
                .build());
    return Flux.usingWhen(factory.create(), work, Connection::close).collectList().block();
  }
}
