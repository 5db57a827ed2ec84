package dev.freehold.controller.publishing;

import dev.freehold.bundle.BundleContent;
import dev.freehold.bundle.BundleSealer;
import dev.freehold.bundle.Keys;
import dev.freehold.bundle.ModelReference;
import dev.freehold.bundle.Pem;
import dev.freehold.bundle.catalogue.Catalogue;
import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.controller.authority.Authority;
import dev.freehold.controller.store.AuditEntry;
import dev.freehold.controller.store.Box;
import dev.freehold.controller.store.ControllerStore;
import dev.freehold.controller.store.Publication;
import dev.freehold.controller.store.SealedBundle;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/** Publishes policies and makes each box's bundle from the newest one. */
public final class Publisher {

  /** A box that hears nothing new for so long serves locally only. */
  public static final Duration VALIDITY = Duration.ofDays(90);

  /** Versions start again only in a new epoch, after a recovery; there has been none. */
  private static final long EPOCH = 1;

  private static final String MINIMUM_DAEMON = "0.1.0";

  private final Authority authority;
  private final ControllerStore store;
  private final PublicationHints hints;
  private final VersionCounter versions;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();

  private Publisher(
      Authority authority,
      ControllerStore store,
      PublicationHints hints,
      VersionCounter versions,
      Clock clock) {
    this.authority = authority;
    this.store = store;
    this.hints = hints;
    this.versions = versions;
    this.clock = clock;
  }

  /**
   * Opens the publisher over what was published before.
   *
   * @param counter the file of the last version number
   */
  public static Publisher open(
      Authority authority, ControllerStore store, PublicationHints hints, Path counter, Clock clock)
      throws IOException {
    long latest = store.latestPublication().map(Publication::version).orElse(0L);
    hints.announce(latest);
    return new Publisher(authority, store, hints, VersionCounter.open(counter, latest), clock);
  }

  /**
   * Publishes a policy to every box.
   *
   * @param given credentials by name; those of the last publication that are used again and not
   *     given stay
   * @return the version
   */
  public long publish(String policyYaml, Map<String, String> given, String actor)
      throws PolicyException, PublicationRefused {
    Policy policy = Policy.parse(policyYaml);
    lock.lock();
    try {
      Map<String, String> kept =
          store.latestPublication().map(Publication::credentials).orElse(Map.of());
      return publish(policyYaml, credentials(policy, given, kept), actor, "policy.published");
    } finally {
      lock.unlock();
    }
  }

  /** The bundle the box is to have now, or none when nothing was published yet. */
  public Optional<SealedBundle> bundleFor(Box box) {
    if (box.encryptionKeyBase64().isEmpty()) {
      return Optional.empty();
    }
    byte[] key = Base64.getDecoder().decode(box.encryptionKeyBase64().get());
    String keySha256 = sha256(key);
    Optional<SealedBundle> kept = store.sealedBundle(box.serial());
    Optional<Publication> latest = store.latestPublication();
    if (isCurrent(kept, latest, keySha256)) {
      return kept;
    }
    lock.lock();
    try {
      latest = store.latestPublication().map(this::renewedIfAgeing);
      kept = store.sealedBundle(box.serial());
      if (latest.isEmpty() || isCurrent(kept, latest, keySha256)) {
        return latest.isEmpty() ? Optional.empty() : kept;
      }
      SealedBundle made = make(box.serial(), key, keySha256, latest.get(), kept);
      store.replaceSealedBundle(made);
      return Optional.of(made);
    } finally {
      lock.unlock();
    }
  }

  private boolean isCurrent(
      Optional<SealedBundle> kept, Optional<Publication> latest, String keySha256) {
    return kept.isPresent()
        && latest.isPresent()
        && kept.get().publication() == latest.get().version()
        && kept.get().keySha256().equals(keySha256)
        && !isAgeing(latest.get());
  }

  /** A fleet that nobody changes must not expire: the same policy is published again in time. */
  private Publication renewedIfAgeing(Publication latest) {
    if (!isAgeing(latest)) {
      return latest;
    }
    publish(latest.policyYaml(), latest.credentials(), "controller", "policy.renewed");
    return store.latestPublication().orElseThrow();
  }

  private boolean isAgeing(Publication publication) {
    return clock.instant().isAfter(publication.notBefore().plus(VALIDITY.dividedBy(2)));
  }

  private long publish(
      String policyYaml, Map<String, String> credentials, String actor, String action) {
    long version = versions.next();
    Instant now = clock.instant();
    store.addPublication(
        new Publication(version, policyYaml, credentials, now, now.plus(VALIDITY), actor));
    store.audit(new AuditEntry(now, actor, action, "version " + version));
    hints.announce(version);
    return version;
  }

  /**
   * A box's first bundle of a publication has its version. When the box has another key since, its
   * content is sealed anew under a number of its own: a version never stands for two bundles.
   */
  private SealedBundle make(
      String serial,
      byte[] key,
      String keySha256,
      Publication publication,
      Optional<SealedBundle> kept) {
    boolean again = kept.isPresent() && kept.get().publication() == publication.version();
    long version = again ? versions.next() : publication.version();
    BundleContent content =
        new BundleContent(
            authority.tenant(),
            serial,
            EPOCH,
            version,
            BundleContent.SCHEMA,
            MINIMUM_DAEMON,
            publication.notBefore().minus(Duration.ofHours(1)),
            publication.notAfter(),
            publication.policyYaml(),
            publication.credentials(),
            models(publication.policyYaml()),
            List.of(Pem.encode(authority.clients())));
    try {
      byte[] cms = BundleSealer.seal(content, authority.bundleSigners(), Keys.decodePublic(key));
      return new SealedBundle(serial, version, publication.version(), keySha256, cms);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("The stored key of box " + serial + " is damaged.", e);
    }
  }

  private static List<ModelReference> models(String policyYaml) {
    try {
      return Policy.parse(policyYaml).models().values().stream()
          .map(
              model -> {
                CatalogueEntry entry = Catalogue.load().entry(model.catalogue()).orElseThrow();
                return new ModelReference(
                    model.name(), entry.name(), entry.sha256(), entry.sizeBytes());
              })
          .toList();
    } catch (PolicyException e) {
      throw new IllegalStateException(
          "The published policy is not valid for this version any more. Publish it again.", e);
    }
  }

  private static Map<String, String> credentials(
      Policy policy, Map<String, String> given, Map<String, String> kept)
      throws PublicationRefused {
    Set<String> used = new TreeSet<>();
    policy.providers().values().forEach(provider -> provider.credential().ifPresent(used::add));
    for (String name : given.keySet()) {
      if (!used.contains(name)) {
        throw new PublicationRefused(
            "The credential \"" + name + "\" is used by no provider of the policy. Leave it out.");
      }
    }
    Set<String> missing = new TreeSet<>(used);
    missing.removeAll(given.keySet());
    missing.removeAll(kept.keySet());
    if (!missing.isEmpty()) {
      throw new PublicationRefused(
          "The policy uses %s, never given so far. Publish with %s (or =env:VARIABLE)."
              .formatted(
                  missing.stream()
                      .map(name -> "the credential \"" + name + "\"")
                      .collect(Collectors.joining(" and ")),
                  missing.stream()
                      .map(name -> "--credential " + name + "=@FILE")
                      .collect(Collectors.joining(" "))));
    }
    Map<String, String> credentials = new TreeMap<>();
    for (String name : used) {
      String value = given.getOrDefault(name, kept.get(name));
      if (value.isEmpty() || value.length() > BundleContent.CREDENTIAL_CHARACTERS_MAX) {
        throw new PublicationRefused(
            "Expected the credential \""
                + name
                + "\" to have 1 to "
                + BundleContent.CREDENTIAL_CHARACTERS_MAX
                + " characters, found another length.");
      }
      credentials.put(name, value);
    }
    return credentials;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This JVM has no SHA-256.", e);
    }
  }
}
