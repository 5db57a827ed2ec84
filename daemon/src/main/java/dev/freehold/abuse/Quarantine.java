package dev.freehold.abuse;

import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.uplink.AbuseReport;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who is shut out, and what the controller has still to be told of it.
 *
 * <p>{@link #check} is one look into a table. Changes are rare; each is written to one small file
 * before it returns, so that neither a restart nor a crash lets anybody out, or loses a report. A
 * disk that fails changes nothing but that.
 */
public final class Quarantine {

  /** How long the first time lasts; each further one lasts twice as long. */
  public static final Duration FIRST = Duration.ofMinutes(5);

  /** No time lasts longer. */
  public static final Duration LONGEST = Duration.ofHours(24);

  /** Whoever behaves for so long after the end begins with {@link #FIRST} again. */
  public static final Duration FORGOTTEN_AFTER = Duration.ofHours(24);

  /** Entries kept, over ones included; then the one that ends first makes room. */
  public static final int ENTRIES_MAX = 500;

  /** Reports kept for a controller that is away; then the oldest makes room. */
  public static final int REPORTS_MAX = 500;

  private static final int ID_BYTES = 16;
  private static final Logger LOGGER = System.getLogger(Quarantine.class.getName());

  private final Path file;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  // Changed under this object's lock, looked into without.
  private final Map<Key, QuarantineEntry> entries = new ConcurrentHashMap<>();
  private final Map<String, AbuseReport> reports = new LinkedHashMap<>();
  private volatile Runnable told = () -> {};

  private record Key(Suspect suspect, boolean quarantined) {
    static Key of(QuarantineEntry entry) {
      return new Key(entry.suspect(), entry.quarantined());
    }
  }

  private Quarantine(Path file, InstantSource clock) {
    this.file = file;
    this.clock = clock;
  }

  /**
   * Opens the quarantine. A file that cannot be read is said in the log and begins anew: it must
   * not keep a box from serving.
   *
   * @param file {@code quarantine.json} in the daemon's state folder
   */
  public static Quarantine open(Path file, InstantSource clock) {
    Quarantine quarantine = new Quarantine(file, clock);
    try {
      if (Files.exists(file)) {
        QuarantineFile.Content content = QuarantineFile.read(DurableFiles.read(file));
        content.entries().forEach(entry -> quarantine.entries.put(Key.of(entry), entry));
        content.reports().forEach(report -> quarantine.reports.put(report.id(), report));
      }
    } catch (IOException | IllegalArgumentException e) {
      LOGGER.log(
          Level.WARNING,
          "The quarantine in {0} cannot be read and begins anew: nobody is shut out. Check the"
              + " disk.",
          file);
    }
    return quarantine;
  }

  /** Whether somebody is shut out now. */
  public Optional<QuarantineEntry> check(Suspect suspect) {
    if (entries.isEmpty()) {
      return Optional.empty();
    }
    return Optional.ofNullable(entries.get(new Key(suspect, true)))
        .filter(entry -> entry.lasts(clock.instant()));
  }

  /** Everybody who is shut out or was noticed and whose time is not over, the newest first. */
  public List<QuarantineEntry> list() {
    Instant now = clock.instant();
    return entries.values().stream()
        .filter(entry -> entry.lasts(now))
        .sorted(Comparator.comparing(QuarantineEntry::since).reversed())
        .toList();
  }

  /**
   * Lets out whoever has this name, client or address, and forgets its offences.
   *
   * @return how many were let out
   */
  public synchronized int release(String name) {
    Instant now = clock.instant();
    List<QuarantineEntry> released =
        list().stream().filter(entry -> entry.suspect().name().equals(name)).toList();
    for (QuarantineEntry entry : released) {
      entries.remove(Key.of(entry));
      report(entry, now.isBefore(entry.since()) ? entry.since() : now);
      LOGGER.log(Level.INFO, "{0} was released by the operator.", entry.suspect());
    }
    if (!released.isEmpty()) {
      write();
      told.run();
    }
    return released.size();
  }

  /** Who is told, on whatever thread, that there is something to report. It must not wait. */
  public void whenChanged(Runnable listener) {
    told = listener;
  }

  /** What the controller was not told yet, the oldest first. */
  public synchronized List<AbuseReport> unreported(int max) {
    return reports.values().stream().limit(max).toList();
  }

  /** Forgets what the controller has, unless it changed meanwhile. */
  public synchronized void reported(Collection<AbuseReport> told) {
    boolean changed = false;
    for (AbuseReport report : told) {
      changed |= reports.remove(report.id(), report);
    }
    if (changed) {
      write();
    }
  }

  /** Deals with somebody who broke a rule, unless that was done and is not over. */
  synchronized void add(Suspect suspect, Rule rule, String reason) {
    Instant now = clock.instant();
    boolean quarantined = rule.consequence() == Rule.Consequence.QUARANTINE;
    Key key = new Key(suspect, quarantined);
    QuarantineEntry before = entries.get(key);
    if (before != null && before.lasts(now)) {
      return;
    }
    boolean again = before != null && before.until().plus(FORGOTTEN_AFTER).isAfter(now);
    int offences = again ? before.offences() + 1 : 1;
    QuarantineEntry entry =
        new QuarantineEntry(
            freshId(),
            suspect,
            rule.name().text(),
            reason,
            quarantined,
            now,
            now.plus(duration(offences)),
            offences);
    makeRoom(now);
    entries.put(key, entry);
    report(entry, entry.until());
    LOGGER.log(
        Level.WARNING,
        "{0} {1} by the rule {2}: {3}. {4}",
        suspect,
        quarantined ? "is shut out until " + entry.until() : "was noticed",
        entry.rule(),
        reason,
        quarantined ? "To let it in: freehold quarantine release NAME" : "");
    write();
    told.run();
  }

  static Duration duration(int offences) {
    // Doubled that often, anything is longer than the longest.
    int doublings = Math.min(offences - 1, 16);
    Duration doubled = FIRST.multipliedBy(1L << doublings);
    return doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
  }

  private void makeRoom(Instant now) {
    entries.values().removeIf(entry -> !entry.until().plus(FORGOTTEN_AFTER).isAfter(now));
    while (entries.size() >= ENTRIES_MAX) {
      entries.values().stream()
          .min(Comparator.comparing(QuarantineEntry::until))
          .ifPresent(entry -> entries.remove(Key.of(entry)));
    }
  }

  private void report(QuarantineEntry entry, Instant until) {
    reports.remove(entry.id());
    reports.put(
        entry.id(),
        new AbuseReport(
            entry.id(),
            entry.rule(),
            printable(entry.suspect().name()),
            entry.reason(),
            entry.quarantined(),
            Instant.ofEpochMilli(entry.since().toEpochMilli()),
            Instant.ofEpochMilli(until.toEpochMilli())));
    while (reports.size() > REPORTS_MAX) {
      reports.remove(reports.keySet().iterator().next());
    }
  }

  /** A name that another authority gave may hold anything. */
  private static String printable(String name) {
    String cut = name.substring(0, Math.min(name.length(), AbuseReport.SUBJECT_CHARACTERS_MAX));
    String clean = cut.replaceAll("\\p{Cntrl}", "?");
    return clean.isBlank() ? "?" : clean;
  }

  private String freshId() {
    byte[] id = new byte[ID_BYTES];
    random.nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  private void write() {
    try {
      DurableFiles.write(
          file,
          QuarantineFile.write(
              new QuarantineFile.Content(
                  List.copyOf(entries.values()), new ArrayList<>(reports.values()))),
          DurableFiles.Access.OWNER_ONLY);
    } catch (IOException e) {
      LOGGER.log(
          Level.ERROR,
          "The quarantine cannot be written to {0} ({1}): it holds until the daemon stops. Check"
              + " the disk.",
          file,
          e.getClass().getName());
    }
  }
}
