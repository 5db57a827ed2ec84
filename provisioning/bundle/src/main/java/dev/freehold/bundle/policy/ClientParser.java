package dev.freehold.bundle.policy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads the groups of clients, and the limits that they share with providers. */
final class ClientParser {

  static final int PER_MINUTE_MAX = 999_999_999;
  static final int STREAMS_MAX = 100_000;
  static final List<String> LIMIT_KEYS = List.of("requestsPerMinute", "tokensPerMinute", "streams");

  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]{0,62}");
  private static final List<String> EACH_KEYS = with(LIMIT_KEYS, "budget");
  private static final List<String> KEYS = with(EACH_KEYS, "label", "each");

  private final MoneyParser money;
  private final Problems problems;

  ClientParser(MoneyParser money, Problems problems) {
    this.money = money;
    this.problems = problems;
  }

  Map<String, ClientGroup> clients(Section file) {
    Section section = file.section("clients", "clients");
    Map<String, ClientGroup> clients = new LinkedHashMap<>();
    for (String name : section.names(NAME, "everyone: {label: internal}")) {
      Section fields = section.section(name, "client group " + name).onlyKeys(KEYS);
      Section each = fields.section("each", "each client of " + name).onlyKeys(EACH_KEYS);
      if (fields.has("each") && each.keys().isEmpty()) {
        problems.add(
            fields.keyNode("each"),
            "expected limits of every client of the group, such as each: {streams: 2}");
      }
      clients.put(
          name,
          new ClientGroup(
              name,
              fields
                  .choice("label", "label", Label::find, Label.texts())
                  .orElse(ClientGroup.DEFAULT_LABEL),
              limits(fields),
              money.budget(name, fields),
              limits(each),
              money.budget("each client of " + name, each)));
    }
    return clients;
  }

  static Limits limits(Section fields) {
    return new Limits(
        fields.number("requestsPerMinute", 1, PER_MINUTE_MAX),
        fields.number("tokensPerMinute", 1, PER_MINUTE_MAX),
        fields.number("streams", 1, STREAMS_MAX));
  }

  private static List<String> with(List<String> keys, String... more) {
    List<String> all = new ArrayList<>(List.of(more));
    all.addAll(keys);
    return List.copyOf(all);
  }
}
