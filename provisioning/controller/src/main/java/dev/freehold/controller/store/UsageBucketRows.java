package dev.freehold.controller.store;

import io.micronaut.data.annotation.Query;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.r2dbc.annotation.R2dbcRepository;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.transaction.annotation.Transactional;
import java.util.Collection;
import java.util.List;

@Transactional
@R2dbcRepository(dialect = Dialect.H2)
interface UsageBucketRows extends CrudRepository<UsageBucketRow, String> {

  List<UsageBucketRow> findByIdIn(Collection<String> ids);

  @Query("SELECT COUNT(*) FROM usage_bucket WHERE serial = :serial AND hour_millis = :hourMillis")
  long countOfHour(String serial, long hourMillis);

  /** Days and hours come as the millisecond they begin at. */
  @Query(
      """
      SELECT dimension, currency, CAST(SUM(requests) AS BIGINT) AS requests,
        CAST(SUM(prompt_tokens) AS BIGINT) AS prompt_tokens,
        CAST(SUM(cached_tokens) AS BIGINT) AS cached_tokens,
        CAST(SUM(completion_tokens) AS BIGINT) AS completion_tokens,
        CAST(SUM(cost_micros) AS BIGINT) AS cost_micros
      FROM (
        SELECT currency, requests, prompt_tokens, cached_tokens, completion_tokens, cost_micros,
          CASE CAST(:dimension AS VARCHAR(16))
            WHEN 'group' THEN client_group
            WHEN 'provider' THEN provider
            WHEN 'box' THEN serial
            WHEN 'model' THEN model
            WHEN 'day' THEN CAST(hour_millis / 86400000 * 86400000 AS VARCHAR(20))
            ELSE CAST(hour_millis AS VARCHAR(20))
          END AS dimension
        FROM usage_bucket WHERE hour_millis >= :sinceMillis AND hour_millis < :untilMillis
      ) bucket
      GROUP BY dimension, currency ORDER BY dimension, currency FETCH FIRST :rows ROWS ONLY
      """)
  List<UsageSumRow> sums(String dimension, long sinceMillis, long untilMillis, int rows);
}
