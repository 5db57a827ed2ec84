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
      "SELECT * FROM usage_record WHERE time_millis >= :sinceMillis AND time_millis < :untilMillis"
          + " ORDER BY id DESC FETCH FIRST :rows ROWS ONLY")
  List<UsageRow> newestBetween(long sinceMillis, long untilMillis, int rows);

  /** Those of these entries that are kept already. */
  @Query("SELECT entry_id FROM usage_record WHERE entry_id IN (:entryIds)")
  List<String> known(List<String> entryIds);
}
