package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ResilienceSuite {

  @Test
  void killedDaemonServesAgainWithoutTheController() throws IOException {
    try (Site site = Site.withBox(Path.of("target/suites/resilience"), Policies.LOCAL_ONLY)) {
      Path state = site.box().state();
      String answer;
      try (ChatClient chat = site.chat("alice", "everyone")) {
        answer = chat.ask("small", "Say hello.", 16).text();
      }
      byte[] identity = Files.readAllBytes(state.resolve("identity/device.pem"));
      byte[] bundle = Files.readAllBytes(state.resolve("bundle/current"));

      site.controller().close();
      site.box().kill();
      assertFalse(site.box().process().alive());
      site.box().start();

      try (ChatClient chat = site.chat("alice", "everyone")) {
        ChatClient.Reply reply = chat.ask("small", "Say hello.", 16);
        assertEquals(200, reply.status());
        assertEquals(answer, reply.text());
      }
      assertArrayEquals(identity, Files.readAllBytes(state.resolve("identity/device.pem")));
      assertArrayEquals(bundle, Files.readAllBytes(state.resolve("bundle/current")));
    }
  }
}
