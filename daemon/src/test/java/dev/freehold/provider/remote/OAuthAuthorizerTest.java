package dev.freehold.provider.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.OAuthSpec;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.locality.Permit;
import dev.freehold.provider.Attempts;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.FakeApi.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tokens from a fake of an OAuth server, as RFC 6749, section 4.4 has them. */
class OAuthAuthorizerTest {

  private static final String CANARY = "/ä:" + AdapterContract.CANARY;
  private static final Outgoing REQUEST =
      Outgoing.json(URI.create("http://127.0.0.1/x"), "application/json", new byte[0]);

  private final AtomicInteger tokens = new AtomicInteger();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
  private final AtomicReference<String> secret = new AtomicReference<>(CANARY);
  private FakeApi server;
  private OAuthAuthorizer authorizer;
  private Permit permit;

  private void open(Function<FakeApi.Request, Response> answers) throws Exception {
    server = new FakeApi(1, answers);
    OAuthSpec oauth = new OAuthSpec(server.url("/token"), "client:1", Optional.of("a/.default b"));
    ProviderSpec spec =
        ProviderSpecs.of("azure", ProviderSpec.Kind.AZURE_OPENAI, TrustClass.CLOUD)
            .url(URI.create("http://127.0.0.1/x"))
            .oauth(oauth)
            .spec();
    permit = Attempts.remote(AdapterContract.chat(), spec).permit();
    authorizer =
        new OAuthAuthorizer(
            spec,
            oauth,
            () -> Optional.ofNullable(secret.get()),
            new TokenEndpoint(
                spec,
                new HttpTransport(spec, oauth.tokenUrl(), new RemoteTls(Optional.empty())),
                now::get),
            now::get);
  }

  @AfterEach
  void close() throws Exception {
    authorizer.close();
    server.close();
  }

  private Response token(int seconds) {
    return Response.json(
        200,
        "{\"access_token\":\"token-%d\",\"token_type\":\"Bearer\",\"expires_in\":%d}"
            .formatted(tokens.incrementAndGet(), seconds));
  }

  private String header() throws Exception {
    return authorizer.authorize(permit, REQUEST).headers().get("Authorization");
  }

  @Test
  void secretIsChangedForATokenThatIsKeptUntilShortlyBeforeItsEnd() throws Exception {
    open(request -> token(3600));
    assertEquals("Bearer token-1", header());
    FakeApi.Request asked = server.requests().getFirst();
    assertEquals("grant_type=client_credentials&scope=a%2F.default+b", asked.body());
    assertEquals("application/x-www-form-urlencoded", asked.headers().get("content-type"));
    String basic = asked.headers().get("authorization").replaceFirst("Basic ", "");
    assertEquals(
        "client%3A1:%2F%C3%A4%3Acanary0123456789",
        new String(Base64.getDecoder().decode(basic), StandardCharsets.US_ASCII));
    now.updateAndGet(time -> time.plus(Duration.ofMinutes(57)));
    assertEquals("Bearer token-1", header());
    now.updateAndGet(time -> time.plus(Duration.ofMinutes(2)));
    assertEquals("Bearer token-2", header());
    assertFalse((authorizer + " " + permit).contains(CANARY));
  }

  @Test
  void newSecretAndRefusalEachBringANewToken() throws Exception {
    open(request -> token(3600));
    assertEquals("Bearer token-1", header());
    secret.set("rotated");
    assertEquals("Bearer token-2", header());
    authorizer.refused(403);
    assertEquals("Bearer token-2", header());
    authorizer.refused(401);
    assertEquals("Bearer token-3", header());
    secret.set(null);
    assertEquals(
        Kind.PROVIDER_REFUSED, assertThrows(InferenceException.class, this::header).kind());
  }

  @Test
  void manyRequestsAtOnceFetchOneToken() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    open(
        request -> {
          try {
            waiting.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return token(3600);
        });
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> headers = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        headers.add(threads.submit(this::header));
      }
      waiting.countDown();
      for (Future<String> header : headers) {
        assertEquals("Bearer token-1", header.get());
      }
    }
    assertEquals(1, server.requests().size());
  }

  @Test
  void failuresNeverRepeatTheSecret() throws Exception {
    Map<Response, Kind> answers =
        Map.of(
            Response.json(400, "{\"error\":\"invalid_client\",\"x\":\"" + CANARY + "\"}"),
            Kind.PROVIDER_REFUSED,
            Response.json(401, CANARY),
            Kind.PROVIDER_REFUSED,
            Response.json(429, CANARY).with("Retry-After", "7"),
            Kind.PROVIDER_LIMITED,
            Response.json(500, CANARY),
            Kind.PROVIDER_FAILED,
            Response.json(302, CANARY).with("Location", "http://127.0.0.1:1/"),
            Kind.PROVIDER_FAILED,
            Response.json(200, CANARY),
            Kind.PROVIDER_FAILED,
            Response.json(200, "{\"access_token\":\"a\\r\\nb\",\"token_type\":\"Bearer\"}"),
            Kind.PROVIDER_FAILED,
            Response.json(200, "{\"access_token\":\"a\",\"token_type\":\"mac\"}"),
            Kind.PROVIDER_FAILED,
            Response.json(200, "x".repeat(70_000)),
            Kind.PROVIDER_FAILED,
            Response.json(200, "{}").ending(FakeApi.Ending.CUT, 1),
            Kind.PROVIDER_FAILED);
    AtomicReference<Response> next = new AtomicReference<>();
    open(request -> next.get());
    for (Map.Entry<Response, Kind> answer : answers.entrySet()) {
      next.set(answer.getKey());
      InferenceException e = assertThrows(InferenceException.class, this::header);
      assertEquals(answer.getValue(), e.kind());
      AdapterContract.assertSilent(e);
      assertTrue(e.getMessage().contains("azure"));
    }
  }
}
