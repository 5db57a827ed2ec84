package dev.freehold.store;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Row;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sums the table of usage records. The database adds up what shares the columns asked for and a
 * quarter of an hour; what SQL cannot know, the days of a time zone and the groups within a text,
 * is added up here.
 */
final class UsageSums {

  private static final DateTimeFormatter HOUR =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mmxxx");
  private static final String NO_KEY = "";

  private final List<UsageDimension> by;
  private final ZoneId zone;
  private final int rowsMax;

  /**
   * Asks for sums.
   *
   * @param by the columns, in order
   * @param rowsMax rows that the database may hand over
   */
  UsageSums(List<UsageDimension> by, ZoneId zone, int rowsMax) {
    this.by = by;
    this.zone = zone;
    this.rowsMax = rowsMax;
  }

  /** A row as the database adds it up. */
  private record Part(List<Object> columns, UsageSum sum) {}

  UsageReport read(Database database, Instant since, Instant until) {
    List<Part> parts =
        database.withConnection(connection -> parts(connection, since, until).collectList());
    if (parts.size() > rowsMax) {
      throw new UsageReportTooLong(
          "The usage asked for has more than %d sums: ask for a shorter time or by fewer things."
              .formatted(rowsMax));
    }
    UsageSum total = UsageSum.none(List.of());
    SortedMap<String, UsageSum> sums = new TreeMap<>();
    for (Part part : parts) {
      total = total.plus(part.sum());
      for (List<String> key : keys(part.columns())) {
        sums.merge(String.join("\0", key), UsageSum.none(key).plus(part.sum()), UsageSum::plus);
      }
    }
    return new UsageReport(List.copyOf(sums.values()), total);
  }

  private Flux<Part> parts(Connection connection, Instant since, Instant until) {
    List<String> expressions = by.stream().map(UsageDimension::expression).toList();
    String columns =
        expressions.stream().map(expression -> expression + ", ").collect(Collectors.joining());
    // Only constants of this package stand in the text; the values are bound.
    String sql =
        ("SELECT %scurrency, COUNT(*), SUM(CASE WHEN outcome IN ('refused', 'failed') THEN 1 ELSE 0"
                + " END), SUM(CAST(prompt_tokens AS BIGINT)), SUM(CAST(cached_tokens AS BIGINT)),"
                + " SUM(CAST(completion_tokens AS BIGINT)), SUM(bytes_out), SUM(bytes_in),"
                + " SUM(cost_micros) FROM usage_record WHERE time_millis >= $1 AND time_millis < $2"
                + " GROUP BY %scurrency FETCH FIRST %d ROWS ONLY")
            .formatted(columns, columns, rowsMax + 1);
    return Flux.from(
            connection
                .createStatement(sql)
                .bind(0, since.toEpochMilli())
                .bind(1, until.toEpochMilli())
                .execute())
        .flatMap(result -> result.map((row, metadata) -> part(row)));
  }

  private Part part(Row row) {
    List<Object> columns = new ArrayList<>();
    for (int i = 0; i < by.size(); i++) {
      Object value = row.get(i);
      columns.add(value == null ? NO_KEY : value);
    }
    int at = by.size();
    String currency = row.get(at, String.class);
    long micros = number(row, at + 8);
    return new Part(
        columns,
        new UsageSum(
            List.of(),
            number(row, at + 1),
            number(row, at + 2),
            number(row, at + 3),
            number(row, at + 4),
            number(row, at + 5),
            number(row, at + 6),
            number(row, at + 7),
            currency == null ? new TreeMap<>() : new TreeMap<>(Map.of(currency, micros))));
  }

  private static long number(Row row, int index) {
    return ((Number) row.get(index)).longValue();
  }

  /** The keys that a row counts under: several where its client is in several groups. */
  private List<List<String>> keys(List<Object> columns) {
    List<List<String>> keys = List.of(List.of());
    for (int i = 0; i < by.size(); i++) {
      List<String> texts = texts(by.get(i), columns.get(i));
      keys =
          keys.stream()
              .flatMap(
                  key ->
                      texts.stream()
                          .map(text -> Stream.concat(key.stream(), Stream.of(text)).toList()))
              .toList();
    }
    return keys;
  }

  private List<String> texts(UsageDimension dimension, Object value) {
    return switch (dimension) {
      case GROUP -> Stream.of(value.toString().split(",", -1)).distinct().toList();
      case CLIENT, PROVIDER, MODEL, LABEL, ROUTE -> List.of(value.toString());
      case DAY -> List.of(instant(value).atZone(zone).toLocalDate().toString());
      case HOUR -> List.of(HOUR.format(instant(value).atZone(zone).truncatedTo(ChronoUnit.HOURS)));
    };
  }

  private static Instant instant(Object quarterHours) {
    return Instant.ofEpochMilli(
        ((Number) quarterHours).longValue() * UsageDimension.QUARTER_HOUR_MILLIS);
  }

  /** What requests cost since a time, for budgets. */
  static Mono<List<Spent>> spentSince(Connection connection, Instant since) {
    return Flux.from(
            connection
                .createStatement(
                    "SELECT client, client_groups, provider, currency, SUM(cost_micros)"
                        + " FROM usage_record WHERE time_millis >= $1 AND cost_micros > 0"
                        + " GROUP BY client, client_groups, provider, currency")
                .bind(0, since.toEpochMilli())
                .execute())
        .flatMap(
            result ->
                result.map(
                    (row, metadata) ->
                        new Spent(
                            row.get(0, String.class),
                            UsageRow.groups(row.get(1, String.class)),
                            Optional.ofNullable(row.get(2, String.class)),
                            row.get(3, String.class),
                            number(row, 4))))
        .collectList();
  }
}
