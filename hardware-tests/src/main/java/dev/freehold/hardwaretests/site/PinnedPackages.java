package dev.freehold.hardwaretests.site;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Packages of other languages, installed by their own clients from lists of hashes, once, into
 * folders outside the tree that the list's content names, so that another clone finds them there.
 */
public final class PinnedPackages {

  private static final Duration INSTALL_MAX = Duration.ofMinutes(10);
  private static final String PACKAGES = "packages";

  private PinnedPackages() {}

  /**
   * Packages of Python, for {@code PYTHONPATH}.
   *
   * @param requirements pip's list, with hashes
   */
  public static Path python(byte[] requirements) {
    String interpreter =
        run(
            List.of(
                "python3", "-c", "import sys, platform; print(sys.version, platform.platform())"),
            Optional.empty());
    return installed(
        "python",
        List.of(requirements, interpreter.getBytes(StandardCharsets.UTF_8)),
        staged -> {
          Path list = staged.resolve("requirements.txt");
          Files.write(list, requirements);
          List<String> command =
              new ArrayList<>(List.of("python3", "-m", "pip", "install", "--quiet"));
          command.addAll(List.of("--require-hashes", "--only-binary=:all:", "--no-deps"));
          command.addAll(List.of("--target", staged.resolve(PACKAGES).toString()));
          command.addAll(List.of("--requirement", list.toString()));
          run(command, Optional.empty());
        });
  }

  /**
   * Packages of npm: a folder with {@code node_modules}. No script of a package is run.
   *
   * @param manifest npm's {@code package.json}
   * @param lock its {@code package-lock.json}, with hashes
   */
  public static Path npm(byte[] manifest, byte[] lock) {
    return installed(
        "npm",
        List.of(manifest, lock),
        staged -> {
          Path folder = Files.createDirectory(staged.resolve(PACKAGES));
          Files.write(folder.resolve("package.json"), manifest);
          Files.write(folder.resolve("package-lock.json"), lock);
          run(
              List.of(
                  "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),
              Optional.of(folder));
        });
  }

  /** Puts the packages into a folder's {@code packages}. */
  private interface Installer {
    void install(Path staged) throws IOException;
  }

  /** Installed beside its place and moved there, so that a broken install leaves nothing half. */
  private static Path installed(String kind, List<byte[]> content, Installer installer) {
    try {
      Path cache = cache();
      Path folder = cache.resolve(kind + "-" + hash(content));
      Files.createDirectories(cache);
      try (FileChannel channel =
              FileChannel.open(
                  cache.resolve(kind + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock _ = channel.lock()) {
        if (!Files.isDirectory(folder)) {
          Path staged = Files.createTempDirectory(cache, kind + "-");
          try {
            installer.install(staged);
            Files.move(staged.resolve(PACKAGES), folder, StandardCopyOption.ATOMIC_MOVE);
          } finally {
            deleteTree(staged);
          }
        }
      }
      return folder;
    } catch (IOException e) {
      throw new SiteException("The packages of " + kind + " cannot be installed: " + e, e);
    }
  }

  private static String run(List<String> command, Optional<Path> folder) {
    return Command.run(command, Map.of(), folder, INSTALL_MAX);
  }

  private static void deleteTree(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
        for (Path child : children) {
          deleteTree(child);
        }
      }
    }
    Files.deleteIfExists(path);
  }

  private static Path cache() {
    return Optional.ofNullable(System.getenv("FREEHOLD_CACHE"))
        .filter(named -> !named.isBlank())
        .map(Path::of)
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "freehold"));
  }

  private static String hash(List<byte[]> content) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      content.forEach(digest::update);
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
