package dev.freehold.controller.store;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Everything the controller remembers. Safe for use from any thread that may block. */
public final class ControllerStore implements AutoCloseable {

  /** Boxes of one answer; a larger fleet needs pages, which come with it. */
  public static final int BOXES_MAX = 100_000;

  /**
   * Wrong tokens a serial's open tokens survive: 128 bits are not guessed, this stops the noise.
   */
  public static final int TOKEN_ATTEMPTS_MAX = 20;

  private static final int OPEN_TOKENS_MAX = 16;
  private static final int AUDIT_SUBJECT_CHARACTERS_MAX = 256;
  private static final int AUDIT_ENTRIES_MAX = 1_000;

  private final Database database;
  private final BoxRows boxes;
  private final TokenRows tokens;
  private final PublicationRows publications;
  private final SealedRows sealed;
  private final AuditRows audit;
  private final FleetStore fleet;
  private final SealedCredentials credentials;

  private ControllerStore(Database database, SealedCredentials credentials) {
    this.database = database;
    this.credentials = credentials;
    this.boxes = database.repository(BoxRows.class);
    this.tokens = database.repository(TokenRows.class);
    this.publications = database.repository(PublicationRows.class);
    this.sealed = database.repository(SealedRows.class);
    this.audit = database.repository(AuditRows.class);
    this.fleet = new FleetStore(database);
  }

  /** Opens the store in the folder, or makes it. */
  public static ControllerStore open(Path folder) {
    Database database = Database.open(folder);
    boolean opened = false;
    try {
      ControllerStore store = new ControllerStore(database, SealedCredentials.open(folder));
      opened = true;
      return store;
    } finally {
      if (!opened) {
        database.close();
      }
    }
  }

  public Optional<Box> box(String serial) {
    return boxes.findById(serial).map(Box::of);
  }

  /** The box of that serial, whatever its case. */
  public Optional<Box> boxNamed(String name) {
    return boxes.named(name.toLowerCase(Locale.ROOT)).stream().findFirst().map(Box::of);
  }

  public List<Box> boxes() {
    return boxes.first(BOXES_MAX).stream().map(Box::of).toList();
  }

  /** Keeps a token's hash, and the box it is for if that is new. */
  public void addToken(String serial, String tokenSha256, Instant created, Instant expires) {
    if (!boxes.existsById(serial)) {
      boxes.save(new BoxRow(serial, null, null, created.toEpochMilli(), null, null, 0, null));
    }
    tokens.save(
        new TokenRow(
            null, serial, tokenSha256, created.toEpochMilli(), expires.toEpochMilli(), 0, null));
    database.sync();
  }

  /**
   * The open token of that hash, if the serial has one. Comparing takes the same time whatever is
   * wrong.
   */
  public OptionalLong findToken(String serial, String tokenSha256, Instant now) {
    byte[] wanted = tokenSha256.getBytes(StandardCharsets.US_ASCII);
    long found = -1;
    for (TokenRow row :
        tokens.open(serial, now.toEpochMilli(), TOKEN_ATTEMPTS_MAX, OPEN_TOKENS_MAX)) {
      if (MessageDigest.isEqual(wanted, row.tokenSha256().getBytes(StandardCharsets.US_ASCII))) {
        found = row.id();
      }
    }
    return found < 0 ? OptionalLong.empty() : OptionalLong.of(found);
  }

  /**
   * Counts a wrong token against all that the serial has open; whether it has any. What follows
   * from a wrong token is thereby bounded, however many are sent.
   */
  public boolean countWrongToken(String serial, Instant now) {
    return tokens.countAttempt(serial, now.toEpochMilli(), TOKEN_ATTEMPTS_MAX) > 0;
  }

  /** Uses a token up; true for exactly one caller, and then for good. */
  public boolean redeemToken(long id, Instant now) {
    boolean redeemed = tokens.redeem(id, now.toEpochMilli()) == 1;
    if (redeemed) {
      database.sync();
    }
    return redeemed;
  }

  /** Remembers what a box was given. */
  public void boxEnrolled(
      String serial, String encryptionKeyBase64, String certificatePem, Instant now) {
    boxes.enrolled(serial, encryptionKeyBase64, certificatePem, now.toEpochMilli());
    database.sync();
  }

  public void boxFetched(String serial, long version, Instant now) {
    boxes.fetched(serial, version, now.toEpochMilli());
  }

  /** What boxes report of themselves. */
  public FleetStore fleet() {
    return fleet;
  }

  public void addPublication(Publication publication) {
    publications.save(
        new PublicationRow(
            publication.version(),
            publication.policyYaml(),
            credentials.seal(publication.credentials()),
            publication.notBefore().toEpochMilli(),
            publication.notAfter().toEpochMilli(),
            publication.createdBy()));
    database.sync();
  }

  public Optional<Publication> latestPublication() {
    return publications.latest().map(this::publication);
  }

  public Optional<SealedBundle> sealedBundle(String serial) {
    return sealed
        .findById(serial)
        .map(
            row ->
                new SealedBundle(
                    row.serial(), row.version(), row.publication(), row.keySha256(), row.cms()));
  }

  /**
   * Replaces the bundle a box is given. Synced before the box sees it: a version has one content.
   */
  public void replaceSealedBundle(SealedBundle bundle) {
    SealedRow row =
        new SealedRow(
            bundle.serial(),
            bundle.version(),
            bundle.publication(),
            bundle.keySha256(),
            bundle.cms());
    if (sealed.existsById(bundle.serial())) {
      sealed.update(row);
    } else {
      sealed.save(row);
    }
    database.sync();
  }

  public void audit(AuditEntry entry) {
    String subject = entry.subject();
    audit.save(
        new AuditRow(
            null,
            entry.at().toEpochMilli(),
            entry.actor(),
            entry.action(),
            subject.substring(0, Math.min(subject.length(), AUDIT_SUBJECT_CHARACTERS_MAX))));
  }

  /** The newest entries first. */
  public List<AuditEntry> auditTrail() {
    return audit.newest(AUDIT_ENTRIES_MAX).stream()
        .map(
            row ->
                new AuditEntry(
                    Instant.ofEpochMilli(row.atMillis()), row.actor(), row.action(), row.subject()))
        .toList();
  }

  @Override
  public void close() {
    database.close();
  }

  private Publication publication(PublicationRow row) {
    return new Publication(
        row.version(),
        row.policy(),
        credentials.open(row.credentials()),
        Instant.ofEpochMilli(row.notBeforeMillis()),
        Instant.ofEpochMilli(row.notAfterMillis()),
        row.createdBy());
  }
}
