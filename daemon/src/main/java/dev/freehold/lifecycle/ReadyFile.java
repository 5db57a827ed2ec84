package dev.freehold.lifecycle;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * {@code ready.json} in the state folder: where this daemon serves, for scripts that started it.
 * Written in one piece once the models are loaded, removed when the daemon stops.
 */
final class ReadyFile implements AutoCloseable {

  private final Path file;

  ReadyFile(Path stateDirectory) {
    this.file = stateDirectory.resolve("ready.json");
  }

  /** A file that an earlier daemon left behind when it was killed says nothing of this one. */
  void clear() throws IOException {
    Files.deleteIfExists(file);
  }

  void write(int lanPort, int healthPort) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode node = json.createObjectNode();
    node.put("url", "https://127.0.0.1:" + lanPort + "/v1");
    node.put("port", lanPort);
    node.put("health", "http://127.0.0.1:" + healthPort);
    node.put("pid", ProcessHandle.current().pid());
    Path staged = file.resolveSibling("ready.json.new");
    Files.write(staged, json.writeValueAsBytes(node));
    Files.move(staged, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void close() throws IOException {
    clear();
  }
}
