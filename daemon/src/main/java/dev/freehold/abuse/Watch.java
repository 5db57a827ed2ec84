package dev.freehold.abuse;

import dev.freehold.abuse.Rule.Name;
import dev.freehold.inference.InferenceException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * Counts events and shuts out who breaks a rule.
 *
 * <p>Each client and each address has a record of its own, guarded by itself; the two tables are
 * bounded, and forget whoever was seen longest ago. An event costs some arithmetic under a lock
 * that only events of the same client share.
 */
public final class Watch {

  /** Clients that are watched at once. */
  static final int CLIENTS_MAX = 4_096;

  /** Addresses that are watched at once. */
  static final int ADDRESSES_MAX = 8_192;

  /** Workers of one client that are known to wait; no client has as many connections. */
  static final int WAITING_MAX = 1_024;

  private final AbuseRules rules;
  private final Quarantine quarantine;
  private final InstantSource clock;
  private final Map<Suspect.Client, ClientRecord> clients = bounded(CLIENTS_MAX);
  private final Map<Suspect.Address, AddressRecord> addresses = bounded(ADDRESSES_MAX);

  /**
   * A watch that has seen nothing yet.
   *
   * @param clock shared with the quarantine
   */
  public Watch(AbuseRules rules, Quarantine quarantine, InstantSource clock) {
    this.rules = rules;
    this.quarantine = quarantine;
    this.clock = clock;
  }

  /** Counts an event. It never fails, and waits only when it has somebody shut out. */
  public void seen(Event event) {
    long now = clock.millis();
    switch (event) {
      case Event.CertificateRefused refused -> address(refused.address(), now).refused(now);
      case Event.Arrived arrived -> {
        address(arrived.address(), now).cameAs(arrived.client(), now);
        client(arrived.client(), now).arrived(now);
      }
      case Event.Prompted prompted -> client(prompted.client(), now).prompted(prompted, now);
      case Event.Embedded embedded -> client(embedded.client(), now).embedded(embedded, now);
      case Event.Answered answered -> client(answered.client(), now).answered(answered, now);
      case Event.Limited limited ->
          client(limited.client(), now).limited(limited.retryAfter().toMillis(), now);
    }
  }

  /** Whether somebody is shut out now. */
  public boolean isShutOut(Suspect suspect) {
    return quarantine.check(suspect).isPresent();
  }

  /** What a client is answered while it is shut out. */
  public Optional<InferenceException> refusal(Suspect.Client client) {
    return quarantine.check(client).map(entry -> entry.refusal(clock.instant()));
  }

  int watchedClients() {
    synchronized (clients) {
      return clients.size();
    }
  }

  int watchedAddresses() {
    synchronized (addresses) {
      return addresses.size();
    }
  }

  private ClientRecord client(Suspect.Client client, long now) {
    synchronized (clients) {
      return clients.computeIfAbsent(client, key -> new ClientRecord(key, now));
    }
  }

  private AddressRecord address(Suspect.Address address, long now) {
    synchronized (addresses) {
      return addresses.computeIfAbsent(address, key -> new AddressRecord(key, now));
    }
  }

  /** Whether a count breaks its rule; then the suspect is dealt with, and counting begins anew. */
  private boolean breaks(Suspect suspect, Name name, long count) {
    Rule rule = rules.rule(name);
    if (count <= rule.threshold()) {
      return false;
    }
    String what =
        switch (name) {
          case CERTIFICATES_REFUSED -> "refused certificates";
          case MANY_IDENTITIES -> "clients";
          case TOKENS -> "tokens";
          case TOKENS_BEYOND_HABIT -> "times its usual tokens";
          case DISTINCT_PROMPTS -> "different prompts";
          case LOGPROBS -> "requests for probabilities";
          case EMBEDDED_TEXTS -> "embedded texts";
          case LIMIT_HAMMERING -> "requests before the time it was told";
        };
    quarantine.add(
        suspect,
        rule,
        "%d %s in %s, where %d are the bound"
            .formatted(count, what, words(rule), rule.threshold()));
    return true;
  }

  private static String words(Rule rule) {
    long minutes = rule.window().toMinutes();
    return minutes == 0 ? rule.window().toSeconds() + " s" : minutes + " min";
  }

  private SlidingCount count(Name name, long now) {
    return new SlidingCount(rules.rule(name).window().toMillis(), now);
  }

  private static <K, V> Map<K, V> bounded(int max) {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > max;
      }
    };
  }

  private final class AddressRecord {

    private final Suspect.Address address;
    private final SlidingCount refused;
    private final Map<Suspect.Client, Long> identities = new HashMap<>();

    AddressRecord(Suspect.Address address, long now) {
      this.address = address;
      this.refused = count(Name.CERTIFICATES_REFUSED, now);
    }

    synchronized void refused(long now) {
      if (breaks(address, Name.CERTIFICATES_REFUSED, refused.add(1, now))) {
        refused.clear();
      }
    }

    synchronized void cameAs(Suspect.Client client, long now) {
      if (identities.put(client, now) != null) {
        return;
      }
      long oldest = now - rules.rule(Name.MANY_IDENTITIES).window().toMillis();
      identities.values().removeIf(last -> last < oldest);
      // Bounded by the rule itself: one more than it allows empties the table.
      if (breaks(address, Name.MANY_IDENTITIES, identities.size())) {
        identities.clear();
      }
    }
  }

  private final class ClientRecord {

    private final Suspect.Client client;
    private final SlidingCount tokens;
    private final SlidingCount logprobs;
    private final SlidingCount texts;
    private final SlidingCount hammering;
    private final Habit habit;
    private DistinctCount prompts;
    // When each of those who were told to wait may come back.
    private final PriorityQueue<Long> waiting = new PriorityQueue<>();
    private long limitedSince;
    private long limitedUntil;

    ClientRecord(Suspect.Client client, long now) {
      this.client = client;
      this.tokens = count(Name.TOKENS, now);
      this.logprobs = count(Name.LOGPROBS, now);
      this.texts = count(Name.EMBEDDED_TEXTS, now);
      this.hammering = count(Name.LIMIT_HAMMERING, now);
      this.habit = new Habit(rules.rule(Name.TOKENS_BEYOND_HABIT).window().toMillis(), now);
    }

    /**
     * A client may be many workers, each of which waits as it was told while another's time comes:
     * what arrives when anybody's time has come is that one, back again.
     */
    synchronized void arrived(long now) {
      if (waiting.isEmpty()) {
        return;
      }
      if (waiting.peek() <= now) {
        waiting.poll();
        return;
      }
      boolean graceIsOver = now - limitedSince >= AbuseRules.HAMMERING_GRACE.toMillis();
      if (graceIsOver && breaks(client, Name.LIMIT_HAMMERING, hammering.add(1, now))) {
        hammering.clear();
      }
    }

    synchronized void limited(long retryAfterMillis, long now) {
      if (now >= limitedUntil) {
        limitedSince = now;
        // Whoever has not come back by now does not.
        waiting.clear();
      }
      limitedUntil = Math.max(limitedUntil, now + retryAfterMillis);
      mayComeAt(now + retryAfterMillis);
    }

    /** Whoever has an answer may ask on, whatever others were told. */
    synchronized void answered(Event.Answered answered, long now) {
      if (!waiting.isEmpty()) {
        mayComeAt(now);
      }
      tokens(answered.completionTokens(), now);
    }

    private void mayComeAt(long millis) {
      if (waiting.size() < WAITING_MAX) {
        waiting.add(millis);
      }
    }

    synchronized void prompted(Event.Prompted prompted, long now) {
      if (prompts == null) {
        Rule rule = rules.rule(Name.DISTINCT_PROMPTS);
        // Made at the first prompt: a client that only embeds needs none.
        prompts = new DistinctCount(rule.window().toMillis(), rule.threshold(), now);
      }
      if (breaks(client, Name.DISTINCT_PROMPTS, prompts.add(prompted.digest(), now))) {
        prompts.clear();
      }
      if (prompted.logprobs() && breaks(client, Name.LOGPROBS, logprobs.add(1, now))) {
        logprobs.clear();
      }
      tokens(prompted.promptTokens(), now);
    }

    synchronized void embedded(Event.Embedded embedded, long now) {
      if (breaks(client, Name.EMBEDDED_TEXTS, texts.add(embedded.texts(), now))) {
        texts.clear();
      }
      tokens(embedded.tokens(), now);
    }

    synchronized void tokens(long amount, long now) {
      if (breaks(client, Name.TOKENS, tokens.add(amount, now))) {
        tokens.clear();
      }
      long inWindow = habit.add(amount, now);
      if (habit.isKnown() && inWindow >= AbuseRules.HABIT_TOKENS_MIN) {
        double times = inWindow / Math.max(1, habit.usual());
        if (breaks(client, Name.TOKENS_BEYOND_HABIT, Math.round(times))) {
          habit.clear();
        }
      }
    }
  }
}
