package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is left when a server ends, and what the next one makes of it. */
final class StopSuite {

  @Test
  void sigtermEndsBothServersInGoodOrder() {
    try (Site site = Site.withBox(Path.of("target/suites/stop"), Policies.LOCAL_ONLY)) {
      Path boxReady = site.box().state().resolve("ready.json");
      Path controllerReady = site.folder().resolve("controller/ready.json");
      assertTrue(Files.exists(boxReady));
      assertTrue(Files.exists(controllerReady));

      site.box().process().close();
      site.controller().process().close();

      assertEquals(0, site.box().process().exitCode());
      assertEquals(0, site.controller().process().exitCode());
      assertFalse(Files.exists(boxReady));
      assertFalse(Files.exists(controllerReady));
    }
  }

  @Test
  void daemonThatCannotServeDoesNotKeepTheWordOfAnEarlierOne() throws IOException {
    try (Site site = Site.start(Path.of("target/suites/stop-early"))) {
      Path state = Files.createDirectories(site.folder().resolve("box-of-none"));
      Path ready = Files.writeString(state.resolve("ready.json"), "{}");

      int exit =
          site.distribution().runInTerminal("freehold", "serve", "--state", state.toString());

      assertEquals(1, exit);
      assertFalse(Files.exists(ready));
    }
  }
}
