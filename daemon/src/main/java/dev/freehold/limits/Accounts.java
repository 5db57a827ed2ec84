package dev.freehold.limits;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The accounts of one kind of owner, by name, up to a bound. They do not depend on the policy in
 * force: a policy that is published, or taken back, resets nothing. Where the bound is reached, the
 * account that was used longest ago gives way if it holds no debt; where every one holds some,
 * there is no new account. Not thread-safe.
 */
final class Accounts {

  private final int accountsMax;
  private final Map<String, Account> byName = new LinkedHashMap<>(16, 0.75f, true);

  Accounts(int accountsMax) {
    this.accountsMax = accountsMax;
  }

  /** The owner's account, a new one if need be; empty if there is no place for it. */
  Optional<Account> of(String name, long now, BudgetCalendar.Period period) {
    Account known = byName.get(name);
    if (known != null) {
      return Optional.of(known);
    }
    if (byName.size() >= accountsMax && !makeRoom(now, period)) {
      return Optional.empty();
    }
    Account account = new Account();
    byName.put(name, account);
    return Optional.of(account);
  }

  void forgetSpending() {
    byName.values().forEach(account -> account.spending.clear());
  }

  int size() {
    return byName.size();
  }

  private boolean makeRoom(long now, BudgetCalendar.Period period) {
    Iterator<Account> oldestFirst = byName.values().iterator();
    while (oldestFirst.hasNext()) {
      if (oldestFirst.next().isForgettable(now, period)) {
        oldestFirst.remove();
        return true;
      }
    }
    return false;
  }
}
