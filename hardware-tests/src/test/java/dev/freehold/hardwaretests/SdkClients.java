package dev.freehold.hardwaretests;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import java.time.Duration;

/**
 * The official SDKs for Java, unmodified: what they need of a box is TLS with their certificate.
 * They must not try again: a suite wants to see the first answer.
 */
final class SdkClients {

  private static final Duration ANSWER_MAX = Duration.ofMinutes(3);

  /** The SDKs insist on a key; a box knows its clients by their certificates. */
  private static final String KEY = "unused";

  private SdkClients() {}

  static OpenAIClient openAi(Site site, ClientIdentity client) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(site.box().url())
        .apiKey(KEY)
        .maxRetries(0)
        .timeout(ANSWER_MAX)
        .sslSocketFactory(client.sslContext().getSocketFactory())
        .trustManager(client.trustManager())
        .build();
  }

  static AnthropicClient anthropic(Site site, ClientIdentity client) {
    return AnthropicOkHttpClient.builder()
        .baseUrl(OfficeSite.baseUrl(site))
        .apiKey(KEY)
        .maxRetries(0)
        .timeout(ANSWER_MAX)
        .sslSocketFactory(client.sslContext().getSocketFactory())
        .trustManager(client.trustManager())
        .build();
  }
}
