package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Site;
import dev.freehold.hardwaretests.underfault.DatabaseExport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nothing of a prompt or an answer stays anywhere, and the search that says so finds things. */
final class PrivacySuite {

  private static final String CANARY = "QuetzalNebulaMarmalade";
  private static final String OTHER_CANARY = "ZephyrObsidianPapaya";
  private static final Path FOLDER = Path.of("target/suites/privacy");

  @Test
  void nothingOfAPromptIsFoundInLogsStateDatabaseOrThreadDump() throws Exception {
    Path threadDump;
    try (Site site = Site.withBox(FOLDER, Policies.LOCAL_ONLY)) {
      try (ChatClient chat = site.chat("alice", "everyone")) {
        sendCanaries(chat);
        threadDump = dumpThreadsMidStream(site, chat);
      }
      assertTrue(Files.size(threadDump) > 0);
      // A crash leaves what the JVM writes when it dies, in the folder where it was started.
      site.box().process().crash();
      site.box().start();
    }
    Path export = DatabaseExport.write(FOLDER.resolve("box-1/store"), "usage");
    assertTrue(Files.readString(export).contains("alice"), "the export holds the usage records");

    assertEquals(List.of(), filesThatHold(CANARY, FOLDER));
    assertEquals(List.of(), filesThatHold(OTHER_CANARY, FOLDER));
    assertEquals(List.of(), crashFiles(Path.of("")));
    assertEquals(List.of(), crashFiles(Path.of(System.getProperty("java.io.tmpdir"))));
  }

  /** What a crash may have written in the last minutes, in a folder itself. */
  private static List<Path> crashFiles(Path folder) throws IOException {
    Instant recent = Instant.now().minus(Duration.ofMinutes(10));
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "{hs_err,core,replay}*")) {
      for (Path file : files) {
        if (Files.isRegularFile(file)
            && Files.getLastModifiedTime(file).toInstant().isAfter(recent)) {
          found.add(file);
        }
      }
    }
    return found;
  }

  @Test
  void searchFindsAPlantedCanary() throws IOException {
    Path planted = Files.createDirectories(Path.of("target/suites/privacy-planted/deep"));
    Files.writeString(planted.resolve("a.log"), "before " + CANARY + " after");
    Files.write(planted.resolve("b.bin"), CANARY.getBytes(StandardCharsets.UTF_16LE));

    assertEquals(2, filesThatHold(CANARY, planted.getParent()).size());
  }

  /** Every way in: chat and plain, streamed and not, and every way to be refused. */
  private static void sendCanaries(ChatClient chat) {
    assertEquals(200, chat.ask("small", "Repeat: " + CANARY, 16).status());
    chat.stream("small", "Repeat: " + CANARY, 16, _ -> {});
    ObjectNode plain = ChatClient.request("small", "");
    plain.remove("messages");
    plain.put("prompt", CANARY + " " + CANARY).put("max_tokens", 8);
    assertEquals(200, chat.post("/completions", plain, Map.of()).status());
    assertEquals(404, chat.ask("no-such-model", CANARY, 4).status());
    assertEquals(400, chat.ask("small", (CANARY + " ").repeat(5_000), 4).status());
    assertEquals(400, chat.postBytes("/chat/completions", canaryBytes("{\"" + CANARY)).status());
    ObjectNode wrongType = ChatClient.request("small", CANARY).put("temperature", OTHER_CANARY);
    assertEquals(400, chat.post("/chat/completions", wrongType, Map.of()).status());
    ObjectNode wrongSchema = ChatClient.request("small", CANARY);
    wrongSchema
        .putObject("response_format")
        .put("type", "json_schema")
        .putObject("json_schema")
        .put("name", "x")
        .putObject("schema")
        .put("type", OTHER_CANARY);
    chat.post("/chat/completions", wrongSchema, Map.of());
    chat.post(
        "/chat/completions",
        ChatClient.request("small", "Say hello.").put("max_tokens", 4),
        Map.of("Freehold-Label", OTHER_CANARY));
  }

  private static Path dumpThreadsMidStream(Site site, ChatClient chat) throws Exception {
    Path dump = site.folder().resolve("threads.txt");
    Thread[] dumper = new Thread[1];
    chat.stream(
        "small",
        "Repeat for ever: " + CANARY,
        64,
        _ -> {
          if (dumper[0] == null) {
            dumper[0] =
                Thread.ofVirtual().start(() -> dumpThreads(site.box().process().pid(), dump));
          }
        });
    dumper[0].join();
    return dump;
  }

  private static void dumpThreads(long pid, Path dump) {
    try {
      new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin/jcmd").toString(),
              Long.toString(pid),
              "Thread.print",
              "-l")
          .redirectErrorStream(true)
          .redirectOutput(dump.toFile())
          .start()
          .waitFor();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The files below a folder that hold a text, as UTF-8 or as Java's own two-byte characters. */
  private static List<Path> filesThatHold(String text, Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        String content = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (content.contains(text)
            || content.contains(
                new String(
                    text.getBytes(StandardCharsets.UTF_16LE), StandardCharsets.ISO_8859_1))) {
          found.add(file);
        }
      }
    }
    return found;
  }

  private static byte[] canaryBytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
