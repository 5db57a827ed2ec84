package dev.freehold.provider;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Prompt;
import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsConfig;
import io.helidon.webclient.api.Proxy;
import io.helidon.webclient.api.WebClient;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Any endpoint that speaks OpenAI's API: a vendor, llama-server, vLLM, another box.
 *
 * <p>The upstream request for text always streams, whatever the client asked for, so that a first
 * token can be told from silence and a hang-up reaches the provider. Redirects are not followed and
 * no proxy is used: both would take a request where the policy did not send it.
 */
public final class OpenAiProvider implements Provider, AutoCloseable {

  /** Time to notice on our side first that the provider's time is up. */
  private static final Duration READ_TIMEOUT_MARGIN = Duration.ofSeconds(5);

  private static final Duration CLOSE_GRACE = Duration.ofMinutes(1);

  private static final int IDLE_CONNECTIONS_MAX = 64;

  private final ProviderSpec spec;
  private final String baseUrl;
  private final Supplier<Optional<String>> credential;
  private final WebClient client;

  /**
   * Makes the adapter; nothing is sent before the first request.
   *
   * @param spec a provider with a URL
   * @param credential asked at every request, so that a rotated key needs no restart; empty for a
   *     provider that wants none
   * @throws IllegalArgumentException if there is no URL or the authority is not a certificate
   */
  public OpenAiProvider(ProviderSpec spec, Supplier<Optional<String>> credential) {
    this.spec = Objects.requireNonNull(spec, "spec");
    this.credential = Objects.requireNonNull(credential, "credential");
    this.baseUrl =
        spec.url()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the provider '%s' needs a url".formatted(spec.name())))
            .toString();
    this.client =
        WebClient.builder()
            .followRedirects(false)
            .proxy(Proxy.noProxy())
            .sendExpectContinue(false)
            .shareConnectionCache(false)
            .connectionCacheSize(IDLE_CONNECTIONS_MAX)
            .connectTimeout(spec.timeouts().connect())
            .readTimeout(spec.timeouts().total().plus(READ_TIMEOUT_MARGIN))
            .socketOptions(
                options ->
                    options
                        .tcpNoDelay(true)
                        .connectTimeout(spec.timeouts().connect())
                        .readTimeout(spec.timeouts().total().plus(READ_TIMEOUT_MARGIN)))
            .servicesDiscoverServices(false)
            .tls(tls(spec))
            .build();
  }

  @Override
  public String name() {
    return spec.name();
  }

  @Override
  public InferenceStream infer(Attempt attempt) throws InferenceException {
    String path =
        switch (attempt.request().prompt()) {
          case Prompt.Chat _ -> "/chat/completions";
          case Prompt.Text _, Prompt.Infill _ -> "/completions";
          case Prompt.Embedding _ -> "/embeddings";
          case Prompt.Ranking _ -> "/rerank";
        };
    byte[] body =
        OpenAiRequest.encode(attempt.request(), spec.modelNamed(attempt.request().model()));
    OpenAiStream stream = new OpenAiStream(spec, attempt);
    stream.start(client, baseUrl + path, credential.get(), body);
    return stream;
  }

  /**
   * Closes idle connections, after a grace: a request that was decided just before the policy
   * changed may still begin here. Streams that run go on to their end.
   */
  @Override
  public void close() {
    Thread.ofVirtual().name("provider-close-" + spec.name()).start(this::closeLater);
  }

  private void closeLater() {
    try {
      // A grace is a time by its nature: nothing tells that the last decided request has begun.
      Thread.sleep(CLOSE_GRACE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.closeResource();
  }

  private static Tls tls(ProviderSpec spec) {
    TlsConfig.Builder builder = Tls.builder();
    spec.caPem().ifPresent(pem -> builder.trust(certificates(spec.name(), pem)));
    return builder.build();
  }

  private static List<X509Certificate> certificates(String provider, String pem) {
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
          .stream()
          .map(X509Certificate.class::cast)
          .toList();
    } catch (CertificateException e) {
      throw new IllegalArgumentException(
          "the provider '%s' has a ca that is not a PEM certificate".formatted(provider), e);
    }
  }
}
