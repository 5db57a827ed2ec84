package dev.freehold.sync;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.VersionFloor;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.files.DurableFiles.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The bundles on the disk: {@code current}, {@code previous}, and {@code state.json} with the floor
 * below which nothing is accepted again.
 *
 * <p>The order of the writes is what makes a kill at any instant harmless: the new bundle is on the
 * disk before it is moved into place, the old one is kept before that, and the floor rises last. A
 * floor that stayed behind is raised at the next start, when the bundle in place is opened; a floor
 * is never ahead of it. Owned by the thread that syncs.
 */
final class BundleStore {

  private final Path folder;
  private final Path current;
  private final Path previous;
  private final Path state;
  private VersionFloor floor;

  private BundleStore(Path folder, VersionFloor floor) {
    this.folder = folder;
    this.current = folder.resolve("current");
    this.previous = folder.resolve("previous");
    this.state = folder.resolve("state.json");
    this.floor = floor;
  }

  static BundleStore open(Path folder) throws IOException {
    DurableFiles.createPrivateFolder(folder);
    BundleStore store = new BundleStore(folder, VersionFloor.NONE);
    if (Files.exists(store.state)) {
      store.floor = readFloor(store.state);
    }
    return store;
  }

  VersionFloor floor() {
    return floor;
  }

  Optional<byte[]> current() throws IOException {
    return read(current);
  }

  Optional<byte[]> previous() throws IOException {
    return read(previous);
  }

  /** Writes a bundle beside its place. Until {@link #commit} the old one is the one. */
  Path stage(byte[] sealed) throws IOException {
    return DurableFiles.stage(current, sealed, Access.OWNER_ONLY);
  }

  /** Makes a staged bundle the current one, and the current one the previous. */
  void commit(Path staged, VersionFloor newFloor) throws IOException {
    Optional<byte[]> replaced = current();
    if (replaced.isPresent()) {
      DurableFiles.write(previous, replaced.get(), Access.OWNER_ONLY);
    }
    DurableFiles.replace(staged, current);
    raiseFloor(newFloor);
  }

  /** Forgets a staged bundle that was refused. */
  void discard(Path staged) throws IOException {
    Files.deleteIfExists(staged);
  }

  /** Does nothing when the floor is there already. */
  void raiseFloor(VersionFloor newFloor) throws IOException {
    if (newFloor.equals(floor)) {
      return;
    }
    String text =
        new ObjectMapper()
            .createObjectNode()
            .put("epoch", newFloor.epoch())
            .put("version", newFloor.version())
            .put("contentSha256", newFloor.contentSha256())
            .toPrettyString();
    DurableFiles.write(state, text, Access.OWNER_ONLY);
    floor = newFloor;
  }

  @Override
  public String toString() {
    return folder.toString();
  }

  private static Optional<byte[]> read(Path file) throws IOException {
    return Files.exists(file) ? Optional.of(DurableFiles.read(file)) : Optional.empty();
  }

  private static VersionFloor readFloor(Path state) throws IOException {
    JsonNode node = new ObjectMapper().readTree(DurableFiles.read(state));
    boolean complete =
        node.path("epoch").isIntegralNumber()
            && node.path("version").isIntegralNumber()
            && node.path("contentSha256").isTextual();
    if (!complete) {
      // Going on without a floor would make an old bundle acceptable again.
      throw new IOException(
          "expected epoch, version and contentSha256 in " + state + ", found others");
    }
    return new VersionFloor(
        node.path("epoch").longValue(),
        node.path("version").longValue(),
        node.path("contentSha256").textValue());
  }
}
