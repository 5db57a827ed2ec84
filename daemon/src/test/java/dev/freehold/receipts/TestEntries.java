package dev.freehold.receipts;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Entries of a request, as routing would write them. */
public final class TestEntries {

  private TestEntries() {}

  public static Decision decision(String request, Label label, TrustClass... allowed) {
    return decision(request, label, Optional.empty(), allowed);
  }

  public static Decision decision(
      String request, Label label, Optional<String> content, TrustClass... allowed) {
    return new Decision(
        request,
        "Zoë's laptop",
        List.of("legal", "everyone"),
        Optional.of("assistant"),
        label,
        List.of("group legal"),
        7,
        "ab".repeat(32),
        Set.copyOf(List.of(allowed)),
        Optional.of("usual"),
        List.of(new Decision.Candidate("helvet", TrustClass.SOVEREIGN, Optional.of("CH"))),
        List.of(
            new Decision.Rejection(
                "claude",
                TrustClass.CLOUD,
                Optional.of("US"),
                "locality of '" + label.text() + "' does not allow 'cloud'")),
        content);
  }

  public static Attempt attempt(String request, TrustClass trust, long bytes, long reserved) {
    return new Attempt(
        request,
        1,
        "helvet",
        trust,
        Optional.of("CH"),
        "api.helvet.example",
        bytes,
        reserved,
        Optional.of("CHF"));
  }

  public static Outcome outcome(String request, Label label, TrustClass trust, long bytes) {
    return outcome(request, label, trust, bytes, Optional.empty());
  }

  public static Outcome outcome(
      String request, Label label, TrustClass trust, long bytes, Optional<String> answer) {
    String provider = trust == TrustClass.LOCAL ? "local" : "helvet";
    long cost = trust == TrustClass.LOCAL ? 0 : 1_500;
    return new Outcome(
        request,
        "Zoë's laptop",
        List.of("legal", "everyone"),
        Optional.of("assistant"),
        label,
        Outcome.Ending.COMPLETED,
        Optional.of(provider),
        List.of(
            new Outcome.Try(
                provider,
                trust,
                trust == TrustClass.LOCAL ? Optional.empty() : Optional.of("CH"),
                trust == TrustClass.LOCAL
                    ? Optional.empty()
                    : Optional.of("sha256:" + "cd".repeat(32)),
                bytes,
                2 * bytes,
                "answered",
                cost)),
        120,
        20,
        42,
        cost,
        Optional.of("CHF"),
        200,
        answer);
  }

  /** Decision, attempt and outcome of one request. */
  public static void request(ReceiptLog log, String request) throws ReceiptException {
    log.append(decision(request, Label.INTERNAL, TrustClass.LOCAL, TrustClass.SOVEREIGN));
    log.append(attempt(request, TrustClass.SOVEREIGN, 900, 2_000));
    log.append(outcome(request, Label.INTERNAL, TrustClass.SOVEREIGN, 900));
  }
}
