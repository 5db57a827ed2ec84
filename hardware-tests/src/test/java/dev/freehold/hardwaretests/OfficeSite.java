package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.Await;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The shared site of an office: a box whose starter model knows tools and says sensible things,
 * whose small one is quick, and whose third makes vectors.
 */
final class OfficeSite extends SharedSite {

  static final String ASSISTANT = "assistant";
  static final String SMALL = "small";
  static final String EMBEDDER = "embedder";

  private static final Duration SETTLE_MAX = Duration.ofSeconds(60);

  OfficeSite() {
    super("office", Policies.OFFICE);
  }

  /** The address that Anthropic's SDKs want: without {@code /v1}. */
  static String baseUrl(Site site) {
    return site.box().url().replaceFirst("/v1$", "");
  }

  /** What a Python program finds in its environment, by the names that client.env has. */
  static Map<String, String> environment(Site site, ClientIdentity client) {
    return Map.of(
        "OPENAI_BASE_URL", site.box().url(),
        "OPENAI_API_KEY", "unused",
        "FREEHOLD_URL", site.box().url(),
        "FREEHOLD_CA", client.authority().toString(),
        "FREEHOLD_CERT", client.certificate().toString(),
        "FREEHOLD_KEY", client.key().toString(),
        "FREEHOLD_MODEL", ASSISTANT,
        "FREEHOLD_SMALL_MODEL", SMALL,
        "FREEHOLD_EMBEDDING_MODEL", EMBEDDER,
        "FREEHOLD_HEALTH", site.box().health());
  }

  /** Waits until a number of the engines' slots is busy. */
  static void awaitBusySlots(Site site, int expected) {
    Await.until(
        expected + " busy slots",
        SETTLE_MAX,
        () ->
            site.box().metric("freehold_slots_busy") == expected
                ? Optional.of(true)
                : Optional.empty());
  }
}
