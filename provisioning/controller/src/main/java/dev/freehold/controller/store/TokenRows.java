package dev.freehold.controller.store;

import io.micronaut.data.annotation.Query;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.r2dbc.annotation.R2dbcRepository;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.transaction.annotation.Transactional;
import java.util.List;

@Transactional
@R2dbcRepository(dialect = Dialect.H2)
interface TokenRows extends CrudRepository<TokenRow, Long> {

  @Query(
      "SELECT * FROM enrolment_token WHERE serial = :serial AND used_millis IS NULL"
          + " AND expires_millis > :nowMillis AND attempts < :attemptsMax"
          + " ORDER BY id DESC FETCH FIRST :rows ROWS ONLY")
  List<TokenRow> open(String serial, long nowMillis, int attemptsMax, int rows);

  /** One row if this call used it, none if another did: the condition makes it happen once. */
  @Query(
      "UPDATE enrolment_token SET used_millis = :nowMillis"
          + " WHERE id = :id AND used_millis IS NULL AND expires_millis > :nowMillis")
  long redeem(long id, long nowMillis);

  @Query(
      "UPDATE enrolment_token SET attempts = attempts + 1 WHERE serial = :serial"
          + " AND used_millis IS NULL AND expires_millis > :nowMillis AND attempts < :attemptsMax")
  long countAttempt(String serial, long nowMillis, int attemptsMax);
}
