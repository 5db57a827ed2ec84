package dev.freehold.hardwaretests.firstlight;

import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The folder of one first light, {@code target/run}. It belongs to one run at a time by a lock that
 * ends with the process. What an earlier run left in it, state and processes, is removed: a run
 * starts from nothing.
 */
final class RunFolder implements AutoCloseable {

  private static final String LOCK = "lock";
  private static final String CLIENT_ENVIRONMENT = "client.env";
  private static final Duration LEFTOVER_END_MAX = Duration.ofSeconds(20);

  private final Path folder;
  private final FileChannel lockChannel;

  private RunFolder(Path folder, FileChannel lockChannel) {
    this.folder = folder;
    this.lockChannel = lockChannel;
  }

  /**
   * Takes the folder and empties it.
   *
   * @throws SiteException if another run has it
   */
  static RunFolder claim(Path folder) throws IOException {
    Path absolute = folder.toAbsolutePath().normalize();
    Files.createDirectories(absolute);
    Files.setPosixFilePermissions(absolute, PosixFilePermissions.fromString("rwx------"));
    FileChannel channel =
        FileChannel.open(
            absolute.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      throw new SiteException(
          "another `mvn -Prun` is running in "
              + absolute
              + ". Use it (its "
              + CLIENT_ENVIRONMENT
              + " says how), or end it by Ctrl-C in its terminal first.");
    }
    endLeftovers(absolute);
    empty(absolute);
    return new RunFolder(absolute, channel);
  }

  Path path(String name) {
    return folder.resolve(name);
  }

  /** Tells other programs how to reach the box, whole or not at all. */
  void writeClientEnvironment(String url, ClientIdentity client, String model) throws IOException {
    Path staged = path(CLIENT_ENVIRONMENT + ".new");
    Files.write(
        staged,
        List.of(
            "FREEHOLD_URL=" + ShellWord.quote(url),
            "FREEHOLD_CA=" + ShellWord.quote(client.authority().toString()),
            "FREEHOLD_CERT=" + ShellWord.quote(client.certificate().toString()),
            "FREEHOLD_KEY=" + ShellWord.quote(client.key().toString()),
            "FREEHOLD_MODEL=" + ShellWord.quote(model),
            // What the official SDKs read by themselves; a box asks for no key, they do.
            "OPENAI_BASE_URL=" + ShellWord.quote(url),
            "OPENAI_API_KEY=unused",
            "ANTHROPIC_BASE_URL=" + ShellWord.quote(url.replaceFirst("/v1$", "")),
            "ANTHROPIC_API_KEY=unused"));
    try {
      Files.move(staged, path(CLIENT_ENVIRONMENT), StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new SiteException(folder + " is on a file system without atomic renames: " + e, e);
    }
  }

  void forgetClientEnvironment() {
    try {
      Files.deleteIfExists(path(CLIENT_ENVIRONMENT));
    } catch (IOException e) {
      System.err.println(path(CLIENT_ENVIRONMENT) + " is stale and cannot be removed: " + e);
    }
  }

  /** A run that was killed could not end its processes; they are known by the folder they serve. */
  private static void endLeftovers(Path folder) throws IOException {
    for (String server : List.of("box", "controller")) {
      String state = folder.resolve(server).toString();
      List<ProcessHandle> leftovers =
          ProcessHandle.allProcesses()
              .filter(process -> process.pid() != ProcessHandle.current().pid())
              .filter(process -> serves(process, state))
              .toList();
      for (ProcessHandle leftover : leftovers) {
        System.out.println("An earlier run left its " + server + " running; ending it.");
        end(leftover);
      }
    }
  }

  private static boolean serves(ProcessHandle process, String state) {
    Optional<String[]> arguments = process.info().arguments();
    return arguments.isPresent()
        && Arrays.asList(arguments.get()).contains("serve")
        && Arrays.asList(arguments.get()).contains(state);
  }

  private static void end(ProcessHandle process) throws IOException {
    try {
      process.destroy();
      process.onExit().get(LEFTOVER_END_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException _) {
      process.destroyForcibly();
    } catch (ExecutionException e) {
      throw new IOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SiteException("Interrupted while an earlier run's process ended.", e);
    }
  }

  private static void empty(Path folder) throws IOException {
    try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
      for (Path child : children) {
        if (!child.getFileName().toString().equals(LOCK)) {
          delete(child);
        }
      }
    }
  }

  private static void delete(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
        for (Path child : children) {
          delete(child);
        }
      }
    }
    Files.delete(path);
  }

  @Override
  public void close() throws IOException {
    lockChannel.close();
  }
}
