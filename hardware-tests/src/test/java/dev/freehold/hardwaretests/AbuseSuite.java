package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.hardwaretests.site.Await;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A client goes on and on past its limit, although it is told when to come back: the box shuts it
 * out, the office hears of it, and everybody else is served. The scenarios build on each other, in
 * order.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class AbuseSuite {

  private static final int REQUESTS_PER_MINUTE = 6;
  private static final String POLICY =
      Policies.LOCAL_ONLY.replace(
          "website: {label: public}",
          "website: {label: public, requestsPerMinute: %d}".formatted(REQUESTS_PER_MINUTE));

  /** Far more than any client gets away with. */
  private static final int HAMMERED_MAX = 200_000;

  private static final Duration TOLD_MAX = Duration.ofSeconds(30);

  private Site site;

  @BeforeAll
  void startSite() {
    site = Site.withBox(Path.of("target/suites/abuse"), POLICY);
  }

  @AfterAll
  void stop() {
    site.close();
  }

  @Test
  @Order(1)
  void clientThatIgnoresItsLimitIsShutOut() {
    try (ChatClient shop = site.chat("shop", "website")) {
      int answered = 0;
      int limited = 0;
      ChatClient.Reply reply = ask(shop);
      while (!isOfTheQuarantine(reply)) {
        if (reply.status() == 200) {
          answered++;
        } else {
          assertEquals(429, reply.status(), reply.body().toString());
          assertTrue(seconds(reply) <= 60, reply.headers().toString());
          limited++;
        }
        assertTrue(limited < HAMMERED_MAX, "never shut out");
        reply = ask(shop);
      }
      assertTrue(answered >= REQUESTS_PER_MINUTE && limited > 100, answered + ", " + limited);

      assertEquals(429, reply.status());
      assertEquals("rate_limit_error", reply.body().at("/error/type").asText());
      assertTrue(seconds(reply) > 200 && seconds(reply) <= 300, reply.headers().toString());
      assertTrue(reply.body().toString().contains("limit-hammering"), reply.body().toString());
      assertEquals(429, shop.get("/models").status());
    }
  }

  @Test
  @Order(2)
  void othersAreServedOn() {
    try (ChatClient ruth = site.chat("ruth", "legal")) {
      assertEquals(200, ask(ruth).status());
    }
  }

  @Test
  @Order(3)
  void operatorOfTheBoxSeesWhoAndWhy() {
    String list = site.box().command("quarantine", "list");
    assertTrue(list.lines().anyMatch(line -> line.matches("shop +client +limit-hamm.*")), list);
    String status = site.box().command("status");
    assertTrue(status.lines().anyMatch(line -> line.matches("quarantine +1 shut out")), status);
  }

  @Test
  @Order(4)
  void controllerIsTold() {
    String alerts =
        Await.until(
            "the controller's alert",
            TOLD_MAX,
            () ->
                Optional.of(site.controller().command("alerts"))
                    .filter(printed -> printed.contains("shop")));
    assertTrue(alerts.contains("box-1  quarantined  shop  until "), alerts);
    assertTrue(alerts.contains("limit-hammering: "), alerts);
    String status = site.box().command("status");
    assertTrue(status.lines().anyMatch(line -> line.matches("heartbeat +20.*Z")), status);
  }

  @Test
  @Order(5)
  void releaseLetsTheClientIn() {
    site.box().command("quarantine", "release", "shop");

    try (ChatClient shop = site.chat("shop", "website")) {
      assertEquals(200, shop.get("/models").status());
      // Its limit is as it was.
      assertFalse(isOfTheQuarantine(ask(shop)));
    }
    String list = site.box().command("quarantine", "list");
    assertFalse(list.contains("shop"), list);
  }

  @Test
  @Order(6)
  void controllerHoldsUsageAndTheHeadThatTheBoxesReceiptsAgreeWith() {
    Await.until(
        "the box's usage",
        Duration.ofSeconds(90),
        () ->
            Optional.of(site.controller().command("usage", "--by", "group"))
                .filter(usage -> usage.contains("website") && usage.contains("legal")));
    Path head = site.folder().resolve("head.json");
    site.controller().command("receipts", "head", "box-1", "--out", head.toString());

    String verdict =
        site.distribution()
            .run(
                "freehold",
                "receipts",
                "verify",
                site.box().state().toString(),
                "--trust-root",
                site.controller().pin(),
                "--box",
                "box-1",
                "--head",
                head.toString());

    assertTrue(verdict.contains("agrees with the head held elsewhere"), verdict);
  }

  private static ChatClient.Reply ask(ChatClient chat) {
    return chat.ask("small", "Say hello.", 2);
  }

  private static boolean isOfTheQuarantine(ChatClient.Reply reply) {
    return reply.body().at("/error/message").asText().contains("in quarantine");
  }

  private static long seconds(ChatClient.Reply reply) {
    return reply.headers().firstValueAsLong("Retry-After").orElseThrow();
  }
}
