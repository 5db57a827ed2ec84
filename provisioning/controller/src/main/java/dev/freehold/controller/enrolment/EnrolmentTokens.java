package dev.freehold.controller.enrolment;

import dev.freehold.controller.store.AuditEntry;
import dev.freehold.controller.store.Box;
import dev.freehold.controller.store.ControllerStore;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One-time tokens: 128 random bits, kept as their hash only, for one serial, for a short time, used
 * once.
 */
public final class EnrolmentTokens {

  public static final Duration LIFETIME_DEFAULT = Duration.ofMinutes(10);
  public static final Duration LIFETIME_MAX = Duration.ofDays(7);

  private static final int TOKEN_BYTES = 16;
  private static final int TOKEN_CHARACTERS_MAX = 64;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final ControllerStore store;
  private final Clock clock;

  public EnrolmentTokens(ControllerStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** A new token; it is shown this once and cannot be read again. */
  public IssuedToken create(String serial, Duration lifetime, String actor) {
    Serials.require(serial);
    if (!lifetime.isPositive() || lifetime.compareTo(LIFETIME_MAX) > 0) {
      throw new IllegalArgumentException(
          "Expected a lifetime of at most " + LIFETIME_MAX.toDays() + " days.");
    }
    Optional<Box> known = store.boxNamed(serial);
    if (known.isPresent() && !known.get().serial().equals(serial)) {
      throw new IllegalArgumentException(
          "There is a box "
              + known.get().serial()
              + " already, and names on a LAN do not differ by case. Use its serial, or another.");
    }
    byte[] random = new byte[TOKEN_BYTES];
    RANDOM.nextBytes(random);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    Instant now = clock.instant();
    Instant expires = now.plus(lifetime);
    store.addToken(serial, sha256(token), now, expires);
    store.audit(new AuditEntry(now, actor, "token.created", serial));
    return new IssuedToken(token, expires);
  }

  /** The open token that this is; a wrong one is counted, and told once for each count. */
  OptionalLong find(String serial, String token) {
    if (!Serials.isValid(serial) || token.length() > TOKEN_CHARACTERS_MAX) {
      return OptionalLong.empty();
    }
    Instant now = clock.instant();
    OptionalLong found = store.findToken(serial, sha256(token), now);
    if (found.isEmpty() && store.countWrongToken(serial, now)) {
      store.audit(new AuditEntry(now, "unknown", "token.refused", serial));
    }
    return found;
  }

  boolean redeem(long id) {
    return store.redeemToken(id, clock.instant());
  }

  private static String sha256(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This JVM has no SHA-256.", e);
    }
  }
}
