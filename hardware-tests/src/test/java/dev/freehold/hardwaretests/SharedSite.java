package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.Await;
import dev.freehold.hardwaretests.site.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One site for all suites that leave it as they found it; it starts once and ends with the run. */
class SharedSite implements ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(SharedSite.class);

  private static final Duration SETTLE_MAX = Duration.ofSeconds(60);

  private final String name;
  private final String policy;

  /** The site of the small model. */
  SharedSite() {
    this("shared", Policies.LOCAL_ONLY);
  }

  SharedSite(String name, String policy) {
    this.name = name;
    this.policy = policy;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Site.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(
            name, _ -> Site.withBox(Path.of("target/suites", name), policy), Site.class);
  }

  /** Waits until a number of the engines' slots is busy. */
  static void awaitBusySlots(Site site, int expected) {
    awaitMetric(site, "freehold_slots_busy", "", expected);
  }

  /** Waits until a metric, summed over the label sets that hold a text, has a value. */
  static void awaitMetric(Site site, String name, String label, double expected) {
    Await.until(
        "%s of %s to be %.0f".formatted(name, label, expected),
        SETTLE_MAX,
        () -> site.box().metric(name, label) == expected ? Optional.of(true) : Optional.empty());
  }
}
