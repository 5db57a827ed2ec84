package dev.freehold.store;

import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Brings a database to this version's schema, step by step, and refuses one it does not know. */
final class Migrator {

  private static final String CREATE_HISTORY =
      "CREATE TABLE IF NOT EXISTS schema_history (version INTEGER PRIMARY KEY,"
          + " name VARCHAR(128) NOT NULL, checksum CHAR(64) NOT NULL,"
          + " applied_at TIMESTAMP WITH TIME ZONE NOT NULL)";

  private final Database database;
  private final List<Migration> migrations;

  Migrator(Database database, List<Migration> migrations) {
    this.database = database;
    this.migrations = migrations;
  }

  void migrate() {
    database.execute(CREATE_HISTORY);
    Map<Integer, String> applied = new TreeMap<>(database.withConnection(Migrator::history));
    for (Migration migration : migrations) {
      String checksum = applied.remove(migration.version());
      if (checksum == null) {
        apply(migration);
      } else if (!checksum.equals(migration.checksum())) {
        throw new StoreException(
            ("Step %d (%s) of the database's schema is not the one this version has. The file was"
                    + " changed by a build that was never released: move it away to start anew.")
                .formatted(migration.version(), migration.name()));
      }
    }
    if (!applied.isEmpty()) {
      throw new StoreException(
          ("The database's schema is at step %s, this version knows %d. It was written by a newer"
                  + " version: install that one, or move the file away to start anew.")
              .formatted(applied.keySet(), migrations.size()));
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

  /** A step that was interrupted leaves no entry; H2 commits every definition by itself. */
  private void apply(Migration migration) {
    for (String statement : migration.statements()) {
      database.execute(statement);
    }
    database.withConnection(
        connection ->
            Flux.from(
                    connection
                        .createStatement(
                            "INSERT INTO schema_history VALUES ($1, $2, $3, CURRENT_TIMESTAMP)")
                        .bind(0, migration.version())
                        .bind(1, migration.name())
                        .bind(2, migration.checksum())
                        .execute())
                .flatMap(io.r2dbc.spi.Result::getRowsUpdated)
                .then());
  }
}
