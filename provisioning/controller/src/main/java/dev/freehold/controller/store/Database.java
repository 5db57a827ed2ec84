package dev.freehold.controller.store;

import dev.freehold.bundle.files.KeyFile;
import io.micronaut.context.ApplicationContext;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One encrypted H2 file, open for this process. Commits reach the operating system at once; {@link
 * #sync} makes those so far survive a power cut.
 */
final class Database implements AutoCloseable {

  private static final int CONNECTIONS_MAX = 8;
  private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(30);

  /** H2's codes for a wrong file password, and for a file that is no database it can read. */
  private static final int WRONG_FILE_PASSWORD = 90049;

  private static final int FILE_CORRUPTED = 90030;

  private final ApplicationContext context;
  private final ConnectionFactory connections;

  private Database(ApplicationContext context) {
    this.context = context;
    this.connections = context.getBean(ConnectionFactory.class);
  }

  /** Opens {@code controller.mv.db} in the folder, or makes it, with its schema up to date. */
  static Database open(Path folder) {
    Path file = folder.toAbsolutePath().resolve("controller");
    if (file.toString().chars().anyMatch(c -> ";?&%".indexOf(c) >= 0)) {
      throw new StoreException(
          "The path " + file + " has one of ; ? & %, which H2 reads as settings. Choose another.",
          null);
    }
    ApplicationContext context =
        ApplicationContext.builder()
            .banner(false)
            .deduceEnvironment(false)
            .deduceCloudEnvironment(false)
            .environmentPropertySource(false)
            .properties(settings(file, password(file)))
            .build();
    try {
      context.start();
      Database database = new Database(context);
      database.migrate();
      return database;
    } catch (RuntimeException e) {
      context.close();
      throw translate(file, e);
    }
  }

  <T> T repository(Class<T> type) {
    return context.getBean(type);
  }

  void execute(String sql) {
    run(
        connection ->
            Flux.from(connection.createStatement(sql).execute())
                .flatMap(Result::getRowsUpdated)
                .then());
  }

  /** Returns once everything committed so far is on the disk. */
  void sync() {
    execute("CHECKPOINT SYNC");
  }

  /** Closes the file itself, so that it can be opened again in this process. */
  @Override
  public void close() {
    try {
      execute("SHUTDOWN");
    } catch (RuntimeException e) {
      // The statement cuts its own connection, which the driver may report.
      System.getLogger(Database.class.getName())
          .log(System.Logger.Level.DEBUG, "The database closed with {0}", e.getClass().getName());
    } finally {
      context.close();
    }
  }

  private <T> T run(Function<Connection, Mono<T>> work) {
    return Mono.usingWhen(Mono.from(connections.create()), work, Connection::close)
        .block(STATEMENT_TIMEOUT);
  }

  private void migrate() {
    execute(
        "CREATE TABLE IF NOT EXISTS schema_history (version INTEGER PRIMARY KEY,"
            + " name VARCHAR(128) NOT NULL, checksum CHAR(64) NOT NULL)");
    Map<Integer, String> applied = new HashMap<>(run(Database::history));
    for (Migration migration : Migration.ALL) {
      String checksum = applied.remove(migration.version());
      if (checksum == null) {
        migration.statements().forEach(this::execute);
        run(connection -> remember(connection, migration));
      } else if (!checksum.equals(migration.checksum())) {
        throw new StoreException(
            "Step "
                + migration.version()
                + " of the database's schema is not the one this version has: it was made by an"
                + " unreleased build. Restore a backup.",
            null);
      }
    }
    if (!applied.isEmpty()) {
      throw new StoreException(
          "The database has schema steps "
              + applied.keySet()
              + " that this version does not know: it was written by a newer one. Install that.",
          null);
    }
  }

  private static Mono<Map<Integer, String>> history(Connection connection) {
    return Flux.from(
            connection.createStatement("SELECT version, checksum FROM schema_history").execute())
        .flatMap(
            result ->
                result.map(
                    (row, metadata) ->
                        Map.entry(
                            row.get("version", Integer.class), row.get("checksum", String.class))))
        .collectMap(Map.Entry::getKey, Map.Entry::getValue);
  }

  private static Mono<Void> remember(Connection connection, Migration migration) {
    return Flux.from(
            connection
                .createStatement("INSERT INTO schema_history VALUES ($1, $2, $3)")
                .bind(0, migration.version())
                .bind(1, migration.name())
                .bind(2, migration.checksum())
                .execute())
        .flatMap(Result::getRowsUpdated)
        .then();
  }

  private static Map<String, Object> settings(Path file, String password) {
    return Map.of(
        "r2dbc.datasources.default.url",
        "r2dbc:pool:h2:file:///"
            + file
            + "?options=CIPHER=AES;DB_CLOSE_DELAY=-1;WRITE_DELAY=0&initialSize=1&maxSize="
            + CONNECTIONS_MAX,
        "r2dbc.datasources.default.username",
        "freehold",
        "r2dbc.datasources.default.password",
        // The file's password and the user's, in this order. The first is what protects the file.
        password + " freehold",
        "r2dbc.datasources.default.dialect",
        "H2");
  }

  /** H2 stretches a password with few rounds only: 256 random bits need none. */
  private static String password(Path file) {
    boolean needed = Files.exists(file.resolveSibling("controller.mv.db"));
    try {
      byte[] key = KeyFile.readOrMake(file.resolveSibling("controller.key"), needed);
      return HexFormat.of().formatHex(key);
    } catch (IOException e) {
      throw new StoreException(
          "The database's key cannot be read: "
              + e.getMessage()
              + ". Restore it from a backup; without it the database is lost.",
          e);
    }
  }

  private static StoreException translate(Path file, RuntimeException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof StoreException known) {
        return known;
      }
      if (cause instanceof R2dbcException database) {
        if (database.getErrorCode() == WRONG_FILE_PASSWORD) {
          return new StoreException(
              "The database "
                  + file
                  + ".mv.db does not open with the key beside it. Restore the key of the backup.",
              failure);
        }
        if (database.getErrorCode() == FILE_CORRUPTED) {
          return new StoreException(
              "The database "
                  + file
                  + ".mv.db is damaged, or was written without encryption. Restore a backup.",
              failure);
        }
      }
    }
    return new StoreException(
        "The database "
            + file
            + ".mv.db cannot be opened. Check the disk, and that no other process has it open.",
        failure);
  }
}
