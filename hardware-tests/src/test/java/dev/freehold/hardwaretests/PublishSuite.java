package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.hardwaretests.site.Await;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PublishSuite {

  private static final Duration IN_FORCE_MAX = Duration.ofSeconds(10);

  @Test
  void newPolicyIsInForceWithinSecondsWithoutARestart() {
    try (Site site = Site.withBox(Path.of("target/suites/publish"), Policies.LOCAL_ONLY);
        ChatClient newcomer = site.chat("nora", "newcomers")) {
      long pid = site.box().process().pid();
      assertEquals(403, newcomer.ask("small", "Say hello.", 2).status());

      site.publish(
          Policies.LOCAL_ONLY.replace("  legal:", "  newcomers: {label: internal}\n  legal:"),
          Map.of());
      Await.until(
          "the new policy to be in force",
          IN_FORCE_MAX,
          () ->
              newcomer.ask("small", "Say hello.", 2).status() == 200
                  ? Optional.of(true)
                  : Optional.empty());

      site.publish(Policies.LOCAL_ONLY, Map.of());
      Await.until(
          "the old policy to be in force again",
          IN_FORCE_MAX,
          () ->
              newcomer.ask("small", "Say hello.", 2).status() == 403
                  ? Optional.of(true)
                  : Optional.empty());

      assertEquals(pid, site.box().process().pid());
      assertTrue(site.box().process().alive());
    }
  }
}
