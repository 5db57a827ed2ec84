package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.Site;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * An office whose box sends every request on to the box of another office, by OpenAI's API. It
 * could compute, as counting tokens needs its own model, but no route uses its engine.
 */
record RemoteOffice(Office office, TlsRelay relay) implements AutoCloseable {

  static final String HUB = "hub";

  private static final Path FOLDER = Path.of("target/suites/remote-office");

  /**
   * Starts it.
   *
   * @param hub the office whose box computes
   */
  static RemoteOffice start(Site hub) {
    Site site = Site.start(FOLDER);
    boolean started = false;
    try {
      TlsRelay relay = TlsRelay.start(hub.box().port(), hub.client("front", "everyone"));
      site.publish(Policies.remoteOffice(HUB, relay.url()), Map.of());
      site.enrolBox("box-1").start();
      started = true;
      return new RemoteOffice(new Office(site, hub.box(), HUB), relay);
    } catch (IOException e) {
      throw new SiteException("The relay to the hub cannot be started: " + e, e);
    } finally {
      if (!started) {
        site.close();
      }
    }
  }

  @Override
  public void close() throws IOException {
    office.site().close();
    relay.close();
  }
}
