package dev.freehold.receipts;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Where one request may go, and why; written before anything leaves.
 *
 * @param client the name in the client's certificate
 * @param groups the groups in it
 * @param model the policy's name of the model asked for
 * @param raisedBy what made the label: {@code group legal}, {@code header}, {@code detected iban}
 * @param policyVersion the bundle's version
 * @param policyDigest SHA-256 of the policy file, lower-case hex
 * @param allowed the trust classes that the policy in force allows this label: its locality. The
 *     log refuses an attempt at any other.
 * @param route the route that applied
 * @param candidates what the route may use, in order
 * @param rejections the route's other providers
 * @param content keyed digest of the request, see {@link ContentDigest}
 */
public record Decision(
    String requestId,
    String client,
    List<String> groups,
    Optional<String> model,
    Label label,
    List<String> raisedBy,
    long policyVersion,
    String policyDigest,
    Set<TrustClass> allowed,
    Optional<String> route,
    List<Candidate> candidates,
    List<Rejection> rejections,
    Optional<String> content)
    implements Entry.RequestEntry {

  public Decision {
    requestId = Entry.bounded(requestId);
    client = Entry.bounded(client);
    groups = Entry.bounded(groups.stream().map(Entry::bounded).toList());
    model = model.map(Entry::bounded);
    Objects.requireNonNull(label, "label");
    raisedBy = Entry.bounded(raisedBy.stream().map(Entry::bounded).toList());
    policyDigest = Entry.bounded(policyDigest);
    Set<TrustClass> ordered = EnumSet.noneOf(TrustClass.class);
    ordered.addAll(allowed);
    allowed = java.util.Collections.unmodifiableSet(ordered);
    route = route.map(Entry::bounded);
    candidates = Entry.bounded(candidates);
    rejections = Entry.bounded(rejections);
    content = content.map(Entry::bounded);
  }

  @Override
  public String kind() {
    return "decision";
  }

  /** A provider that the request may go to. */
  public record Candidate(String provider, TrustClass trust, Optional<String> region) {

    public Candidate {
      provider = Entry.bounded(provider);
      Objects.requireNonNull(trust, "trust");
      region = region.map(Entry::bounded);
    }
  }

  /** A provider that the route names and the request does not go to. */
  public record Rejection(
      String provider, TrustClass trust, Optional<String> region, String reason) {

    public Rejection {
      provider = Entry.bounded(provider);
      Objects.requireNonNull(trust, "trust");
      region = region.map(Entry::bounded);
      reason = Entry.bounded(reason);
    }
  }
}
