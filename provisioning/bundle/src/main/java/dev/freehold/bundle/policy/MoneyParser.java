package dev.freehold.bundle.policy;

import dev.freehold.bundle.policy.Prices.Price;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads the currency, prices and budgets of a policy. */
final class MoneyParser {

  /** A provider's price may change this often. */
  static final int PRICES_MAX = 100;

  private static final List<String> PRICE_KEYS = List.of("from", "in", "cachedIn", "out");
  private static final List<String> BUDGET_KEYS = List.of("day", "month");

  private final Problems problems;
  private final Optional<String> currency;
  private final boolean currencyIsWritten;
  private boolean priced;

  MoneyParser(Section file, Problems problems) {
    this.problems = problems;
    this.currencyIsWritten = !file.lacks("currency");
    this.currency = file.text("currency");
    if (currency.isPresent() && !isCurrency(currency.get())) {
      file.problem(
          "currency",
          "expected currency to be three capital letters of ISO 4217 such as CHF or EUR, found "
              + Problems.shown(currency.get()));
    }
  }

  /**
   * The policy's currency. Prices alone are only compared with each other and may do without one;
   * their sums are then told in {@link Policy#NO_CURRENCY}.
   */
  Optional<String> currency() {
    return currency.isEmpty() && priced ? Optional.of(Policy.NO_CURRENCY) : currency;
  }

  /** A limit in money means nothing without a currency. */
  void needsCurrency(Section fields, String key) {
    if (!currencyIsWritten) {
      problems.add(
          fields.keyNode(key),
          "\""
              + key
              + "\" is an amount of money and the policy names no currency; add a line such as"
              + " currency: CHF at the top");
    }
  }

  Prices prices(String owner, Section fields) {
    if (!fields.has("price")) {
      return Prices.NONE;
    }
    priced = true;
    String what = "the price of " + owner;
    if (fields.at("price") instanceof MappingNode) {
      return new Prices(price(Section.of(what, fields.at("price"), problems)).stream().toList());
    }
    if (fields.at("price") instanceof ScalarNode) {
      fields.problem(
          "price",
          "expected a price of a million tokens such as {in: 0.4, out: 1.2}, found a single value");
      return Prices.NONE;
    }
    List<Node> items = fields.list("price");
    if (items.isEmpty() || items.size() > PRICES_MAX) {
      fields.problem("price", "expected 1 to " + PRICES_MAX + " prices, found " + items.size());
      return Prices.NONE;
    }
    return new Prices(table(what, items));
  }

  private List<Price> table(String what, List<Node> items) {
    List<Price> table = new ArrayList<>();
    for (Node item : items) {
      Section entry = Section.of(what, item, problems);
      Optional<Price> price = price(entry);
      if (entry.lacks("from") && !table.isEmpty()) {
        problems.add(
            item, "every price after the first needs its first day, such as from: 2026-07-01");
      } else if (price.isPresent()
          && !table.isEmpty()
          && !price.get().from().isAfter(table.getLast().from())) {
        entry.problem(
            "from",
            "expected prices in the order of their days, found "
                + price.get().from()
                + " after "
                + table.getLast().from()
                + "; put the earlier one first, each day once");
      }
      price.ifPresent(table::add);
    }
    return table;
  }

  private Optional<Price> price(Section price) {
    price.onlyKeys(PRICE_KEYS);
    for (String key : List.of("in", "out")) {
      if (price.lacks(key)) {
        problems.add(
            price.node(),
            "a price needs \""
                + key
                + "\", what a million tokens cost, such as {in: 0.4, out: 1.2}");
      }
    }
    Optional<BigDecimal> in = price.decimal("in");
    Optional<BigDecimal> out = price.decimal("out");
    Optional<BigDecimal> cachedIn = price.decimal("cachedIn");
    Optional<LocalDate> from = from(price);
    return in.isPresent() && out.isPresent()
        ? Optional.of(
            new Price(from.orElse(LocalDate.EPOCH), in.get(), cachedIn.orElse(in.get()), out.get()))
        : Optional.empty();
  }

  private static Optional<LocalDate> from(Section price) {
    Optional<String> text = price.text("from");
    try {
      return text.map(LocalDate::parse);
    } catch (DateTimeException e) {
      price.problem(
          "from",
          "expected from to be a day such as 2026-07-01, found " + Problems.shown(text.orElse("")));
      return Optional.empty();
    }
  }

  Budget budget(String owner, Section fields) {
    if (!fields.has("budget")) {
      return Budget.NONE;
    }
    Section budget = fields.section("budget", "the budget of " + owner).onlyKeys(BUDGET_KEYS);
    if (budget.lacks("day")
        && budget.lacks("month")
        && fields.at("budget") instanceof MappingNode) {
      fields.problem(
          "budget", "expected a budget to have \"day\" or \"month\", such as {day: 5, month: 100}");
    }
    needsCurrency(fields, "budget");
    return new Budget(budget.positive("day"), budget.positive("month"));
  }

  private static boolean isCurrency(String code) {
    return Currency.getAvailableCurrencies().stream()
        .anyMatch(known -> known.getCurrencyCode().equals(code));
  }
}
