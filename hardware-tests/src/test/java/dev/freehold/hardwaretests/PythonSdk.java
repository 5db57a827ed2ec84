package dev.freehold.hardwaretests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The official Python SDK, installed by pip from a list of hashes into a folder outside the tree
 * that its content names, so that another clone finds it there.
 */
final class PythonSdk {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REQUIREMENTS = "requirements.txt";

  private final Path folder;

  private PythonSdk(Path folder) {
    this.folder = folder;
  }

  /** Finds the SDK in the cache, or installs it there. */
  static PythonSdk installed() {
    return installed(REQUIREMENTS);
  }

  /** Finds the packages of a list in the cache, or installs them there. */
  static PythonSdk installed(String list) {
    try {
      byte[] requirements = resource(list);
      String interpreter =
          run(
              List.of(
                  "python3", "-c", "import sys, platform; print(sys.version, platform.platform())"),
              Map.of());
      Path cache = cache();
      Path folder = cache.resolve("python-" + hash(requirements, interpreter));
      Files.createDirectories(cache);
      try (FileChannel channel =
              FileChannel.open(
                  cache.resolve("python.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock _ = channel.lock()) {
        if (!Files.isDirectory(folder)) {
          install(requirements, folder);
        }
      }
      return new PythonSdk(folder);
    } catch (IOException e) {
      throw new SiteException("The Python SDK cannot be installed: " + e, e);
    }
  }

  /** Where the packages are, for {@code PYTHONPATH}. */
  Path folder() {
    return folder;
  }

  /** Runs a script of the test resources against a box and returns the JSON that it printed. */
  JsonNode run(String script, String url, String model, ClientIdentity client) {
    try {
      Path file = Files.createTempFile("freehold-", ".py");
      try {
        Files.write(file, resource(script));
        return JSON.readTree(
            run(
                List.of("python3", file.toString()),
                Map.of(
                    "PYTHONPATH", folder.toString(),
                    "FREEHOLD_URL", url,
                    "FREEHOLD_CA", client.authority().toString(),
                    "FREEHOLD_CERT", client.certificate().toString(),
                    "FREEHOLD_KEY", client.key().toString(),
                    "FREEHOLD_MODEL", model)));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new SiteException(script + " cannot be run: " + e, e);
    }
  }

  /** Installed beside its place and moved there, so that a broken install leaves nothing half. */
  private static void install(byte[] requirements, Path folder) throws IOException {
    Path staged = Files.createTempDirectory(folder.getParent(), "python-");
    try {
      Path list = staged.resolve(REQUIREMENTS);
      Files.write(list, requirements);
      List<String> command = new ArrayList<>(List.of("python3", "-m", "pip", "install", "--quiet"));
      command.addAll(List.of("--require-hashes", "--only-binary=:all:", "--no-deps"));
      command.addAll(List.of("--target", staged.resolve("packages").toString()));
      command.addAll(List.of("--requirement", list.toString()));
      run(command, Map.of());
      Files.move(staged.resolve("packages"), folder, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      deleteTree(staged);
    }
  }

  private static void deleteTree(Path path) throws IOException {
    if (Files.isDirectory(path)) {
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

  private static String hash(byte[] requirements, String interpreter) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(requirements);
      digest.update(interpreter.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = PythonSdk.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  private static String run(List<String> command, Map<String, String> environment)
      throws IOException {
    Path errors = Files.createTempFile("freehold-", ".err");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exit = process.waitFor();
      if (exit != 0) {
        throw new SiteException(
            String.join(" ", command) + " ended with " + exit + ": " + Files.readString(errors));
      }
      return output;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SiteException("Interrupted while python3 ran.", e);
    } finally {
      Files.delete(errors);
    }
  }
}
