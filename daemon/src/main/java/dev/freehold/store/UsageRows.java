package dev.freehold.store;

import io.micronaut.data.annotation.Query;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.r2dbc.annotation.R2dbcRepository;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.transaction.annotation.Transactional;
import java.util.List;

/** The table of usage records. Each call is one transaction. */
@Transactional
@R2dbcRepository(dialect = Dialect.H2)
interface UsageRows extends CrudRepository<UsageRow, Long> {

  /** The newest first. */
  @Query(
      "SELECT * FROM usage_record WHERE time_millis >= :sinceMillis"
          + " ORDER BY id DESC FETCH FIRST :rows ROWS ONLY")
  List<UsageRow> newestSince(long sinceMillis, int rows);
}
