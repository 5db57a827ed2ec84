package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.Await;
import dev.freehold.hardwaretests.site.BoxProcess;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DynamicTest;

/**
 * An office as its clients see it. Its box computes the answers itself, or sends every request on
 * to another box; a client cannot tell but by {@code Freehold-Provider}.
 *
 * @param computing the box that computes
 * @param provider what {@code Freehold-Provider} says
 */
record Office(Site site, BoxProcess computing, String provider) {

  private static final Duration SETTLE_MAX = Duration.ofSeconds(60);
  private static final String LOCAL = "local";
  private static final String REQUESTS = "freehold_requests_total";
  private static final String CLIENT_GONE = "outcome=\"client-gone\"";
  private static final String BUSY_SLOTS = "freehold_slots_busy";

  static Office ofBox(Site site) {
    return new Office(site, site.box(), LOCAL);
  }

  /** Whether it is known which stop text ended an answer: OpenAI's API has no place for it. */
  boolean tellsStopText() {
    return provider.equals(LOCAL);
  }

  /** What a Python program finds in its environment, by the names that client.env has. */
  Map<String, String> environment(ClientIdentity client) {
    Map<String, String> all = new HashMap<>(OfficeSite.environment(site, client));
    all.put("FREEHOLD_PROVIDER", provider);
    all.put("FREEHOLD_TELLS_STOP_TEXT", Boolean.toString(tellsStopText()));
    all.put("FREEHOLD_COMPUTING_HEALTH", computing.health());
    return Map.copyOf(all);
  }

  /** The scenarios of a pytest file, run as alice. */
  List<DynamicTest> pythonTests(String file) {
    return PythonSdk.installed().tests(file, environment(OfficeSite.alice(site)));
  }

  /**
   * Closes the stream of an answer that is far from its end. It must give its slot back because its
   * client went away, and not because it wrote on to its end.
   */
  void assertClosingFreesTheSlot(AutoCloseable stream) throws Exception {
    awaitBusySlots(1);
    double goneBefore = site.box().metric(REQUESTS, CLIENT_GONE);
    stream.close();
    awaitBusySlots(0);
    SharedSite.awaitMetric(site, REQUESTS, CLIENT_GONE, goneBefore + 1);
  }

  private void awaitBusySlots(int expected) {
    Await.until(
        expected + " slots to be busy",
        SETTLE_MAX,
        () -> computing.metric(BUSY_SLOTS) == expected ? Optional.of(true) : Optional.empty());
  }
}
