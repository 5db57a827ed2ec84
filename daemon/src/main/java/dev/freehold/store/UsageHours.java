package dev.freehold.store;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sums whole hours. The index on the time finds the hours that have any usage, one look each, and
 * only their rows are read: neither the years before nor the gaps between cost anything.
 */
final class UsageHours {

  private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();

  private UsageHours() {}

  /** The sums of the first hours from that time on that have any usage, the oldest first. */
  static List<HourUsage> read(Database database, Instant from, int hoursMax, int sumsMax) {
    long begin = Math.max(0, Math.floorDiv(from.toEpochMilli(), HOUR_MILLIS)) * HOUR_MILLIS;
    long end = end(database, begin, hoursMax);
    List<HourUsage> sums =
        database.withConnection(connection -> sums(connection, begin, end, sumsMax + 1));
    if (sums.size() > sumsMax) {
      throw new UsageReportTooLong(
          "The usage of %d hours has more than %d sums.".formatted(hoursMax, sumsMax));
    }
    return sums;
  }

  /** Where the last of the hours ends. */
  private static long end(Database database, long begin, int hoursMax) {
    long end = begin;
    for (int hours = 0; hours < hoursMax; hours++) {
      long since = end;
      List<Long> next = database.withConnection(connection -> oldest(connection, since));
      if (next.isEmpty()) {
        break;
      }
      end = (next.getFirst() / HOUR_MILLIS + 1) * HOUR_MILLIS;
    }
    return end;
  }

  private static Mono<List<Long>> oldest(Connection connection, long since) {
    return Flux.from(
            connection
                .createStatement(
                    "SELECT time_millis FROM usage_record WHERE time_millis >= $1"
                        + " ORDER BY time_millis FETCH FIRST 1 ROW ONLY")
                .bind(0, since)
                .execute())
        .flatMap(result -> result.map((row, metadata) -> number(row, 0)))
        .collectList();
  }

  private static Mono<List<HourUsage>> sums(Connection connection, long begin, long end, int rows) {
    return Flux.from(
            connection
                .createStatement(
                    ("SELECT FLOOR(time_millis / %d) AS usage_hour, client_groups, provider, model,"
                            + " label, currency, COUNT(*), SUM(CAST(prompt_tokens AS BIGINT)),"
                            + " SUM(CAST(cached_tokens AS BIGINT)),"
                            + " SUM(CAST(completion_tokens AS BIGINT)), SUM(cost_micros)"
                            + " FROM usage_record WHERE time_millis >= $1 AND time_millis < $2"
                            + " GROUP BY usage_hour, client_groups, provider, model, label,"
                            + " currency ORDER BY usage_hour FETCH FIRST %d ROWS ONLY")
                        .formatted(HOUR_MILLIS, rows))
                .bind(0, begin)
                .bind(1, end)
                .execute())
        .flatMap(result -> result.map((row, metadata) -> usage(row)))
        .collectList();
  }

  private static HourUsage usage(Row row) {
    return new HourUsage(
        Instant.ofEpochMilli(number(row, 0) * HOUR_MILLIS),
        UsageRow.groups(row.get(1, String.class)),
        Optional.ofNullable(row.get(2, String.class)),
        Optional.ofNullable(row.get(3, String.class)),
        Optional.ofNullable(row.get(4, String.class)),
        Optional.ofNullable(row.get(5, String.class)),
        number(row, 6),
        number(row, 7),
        number(row, 8),
        number(row, 9),
        number(row, 10));
  }

  private static long number(Row row, int index) {
    return ((Number) row.get(index)).longValue();
  }
}
