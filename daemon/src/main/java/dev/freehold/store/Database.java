package dev.freehold.store;

import dev.freehold.bundle.files.KeyFile;
import io.micronaut.context.ApplicationContext;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One encrypted H2 file, open for this process.
 *
 * <p>{@code DB_CLOSE_DELAY=-1} keeps it open between connections, {@code DB_CLOSE_ON_EXIT=FALSE}
 * leaves closing to us when the process is told to stop, {@code WRITE_DELAY=0} hands every commit
 * to the operating system at once; whoever needs a commit to survive a power cut ends it with
 * {@link #checkpoint}.
 */
final class Database implements AutoCloseable {

  private static final int CONNECTIONS_INITIAL = 1;
  private static final int CONNECTIONS_MAX = 4;

  /** Left to itself, H2 takes a sixteenth of the largest heap, and the collector goes over it. */
  private static final int CACHE_KIB = 16 * 1024;

  private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(30);

  /** H2's code for a wrong file password. */
  private static final int FILE_ENCRYPTION_ERROR = 90049;

  /** H2's code for a file it cannot read, which an unencrypted file is as well. */
  private static final int FILE_CORRUPTED = 90030;

  private final ApplicationContext context;
  private final ConnectionFactory connections;

  private Database(ApplicationContext context) {
    this.context = context;
    this.connections = context.getBean(ConnectionFactory.class);
  }

  /**
   * Opens the file {@code <name>.mv.db} in a folder, or makes it, and brings its schema up to date.
   *
   * @throws StoreException if it cannot be opened
   */
  static Database open(Path folder, String name, List<Migration> migrations) {
    Path file = folder.toAbsolutePath().resolve(name);
    requirePlain(file);
    String filePassword;
    try {
      filePassword = filePassword(folder, name);
    } catch (IOException e) {
      throw new StoreException(
          "The key of the database in %s cannot be read: %s. Restore it, or move the database away."
              .formatted(folder, e.getMessage()),
          e);
    }
    String url =
        ("r2dbc:pool:h2:file:///%s?options=CIPHER=AES;DB_CLOSE_DELAY=-1;WRITE_DELAY=0"
                + ";DB_CLOSE_ON_EXIT=FALSE;CACHE_SIZE=%d&initialSize=%d&maxSize=%d")
            .formatted(file, CACHE_KIB, CONNECTIONS_INITIAL, CONNECTIONS_MAX);
    ApplicationContext context =
        ApplicationContext.builder()
            .banner(false)
            .deduceEnvironment(false)
            .deduceCloudEnvironment(false)
            .environmentPropertySource(false)
            .properties(
                Map.of(
                    "r2dbc.datasources.default.url",
                    url,
                    "r2dbc.datasources.default.username",
                    "freehold",
                    "r2dbc.datasources.default.password",
                    // H2 takes the file's password and the user's, in this order. Whoever has the
                    // first has the file: the second adds nothing.
                    filePassword + " freehold",
                    "r2dbc.datasources.default.dialect",
                    "H2"))
            .build();
    try {
      context.start();
      Database database = new Database(context);
      new Migrator(database, migrations).migrate();
      return database;
    } catch (RuntimeException e) {
      context.close();
      throw translate(file, e);
    }
  }

  /**
   * H2 derives the cipher's key from a password with few rounds, which is enough for 256 random
   * bits and for nothing less. It is in a file next to the database.
   */
  private static String filePassword(Path folder, String name) throws IOException {
    boolean needed = Files.exists(folder.resolve(name + ".mv.db"));
    return HexFormat.of().formatHex(KeyFile.readOrMake(folder.resolve(name + ".key"), needed));
  }

  <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  void execute(String sql) {
    withConnection(
        connection ->
            Flux.from(connection.createStatement(sql).execute())
                .flatMap(io.r2dbc.spi.Result::getRowsUpdated)
                .then());
  }

  /** Runs work on a connection of the pool and waits for it. */
  <T> T withConnection(Function<Connection, Mono<T>> work) {
    return Mono.usingWhen(Mono.from(connections.create()), work, Connection::close)
        .block(STATEMENT_TIMEOUT);
  }

  /** Returns once everything committed so far is on the disk. */
  void checkpoint() {
    execute("CHECKPOINT SYNC");
  }

  /** Closes the file itself, not only the connections, so that it can be opened again. */
  @Override
  public void close() {
    try {
      execute("SHUTDOWN");
    } catch (RuntimeException e) {
      // The connection that shuts the database down is cut by it, which some drivers report.
      System.getLogger(Database.class.getName())
          .log(System.Logger.Level.DEBUG, "The database closed with {0}", e.getClass().getName());
    } finally {
      context.close();
    }
  }

  /** H2 would read a file name with these as settings. */
  private static void requirePlain(Path file) {
    if (file.toString().chars().anyMatch(c -> c == ';' || c == '?' || c == '&' || c == '%')) {
      throw new StoreException(
          "The path %s has one of the characters ; ? & %%. Choose another state folder."
              .formatted(file));
    }
  }

  private static StoreException translate(Path file, RuntimeException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof StoreException known) {
        return known;
      }
      if (cause instanceof R2dbcException database) {
        if (database.getErrorCode() == FILE_ENCRYPTION_ERROR) {
          return new StoreException(
              ("The database %s.mv.db does not open with its key file. Restore the key file that"
                      + " belongs to it, or move the database away to start anew.")
                  .formatted(file),
              failure);
        }
        if (database.getErrorCode() == FILE_CORRUPTED) {
          return new StoreException(
              ("The database %s.mv.db is damaged or was written without encryption. Restore it, or"
                      + " move it away to start anew: only history is lost.")
                  .formatted(file),
              failure);
        }
      }
    }
    return new StoreException(
        "The database %s.mv.db cannot be opened. Check that no other process has it open."
            .formatted(file),
        failure);
  }
}
