package dev.freehold.controller.store;

import io.micronaut.data.annotation.Query;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.r2dbc.annotation.R2dbcRepository;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.transaction.annotation.Transactional;
import java.util.List;

@Transactional
@R2dbcRepository(dialect = Dialect.H2)
interface BoxRows extends CrudRepository<BoxRow, String> {

  @Query("SELECT * FROM box ORDER BY serial FETCH FIRST :rows ROWS ONLY")
  List<BoxRow> first(int rows);

  /** A serial is a name on the LAN, where case does not count. */
  @Query("SELECT * FROM box WHERE LOWER(serial) = :lowerCase")
  List<BoxRow> named(String lowerCase);

  @Query(
      "UPDATE box SET encryption_key = :encryptionKey, certificate = :certificate,"
          + " enrolled_millis = :millis, seen_millis = :millis WHERE serial = :serial")
  long enrolled(String serial, String encryptionKey, String certificate, long millis);

  @Query("UPDATE box SET fetched_version = :version, seen_millis = :millis WHERE serial = :serial")
  long fetched(String serial, long version, long millis);

  @Query(
      "UPDATE box SET seen_millis = :millis, daemon_version = :daemonVersion,"
          + " fetched_version = CASE WHEN :version > 0 THEN :version ELSE fetched_version END"
          + " WHERE serial = :serial")
  long heard(String serial, String daemonVersion, long version, long millis);
}
