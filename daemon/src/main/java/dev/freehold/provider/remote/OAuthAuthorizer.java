package dev.freehold.provider.remote;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.bundle.policy.OAuthSpec;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.locality.Permit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A bearer token that is had for the client's secret by OAuth 2.0's client credentials (RFC 6749,
 * section 4.4; the client shows itself by HTTP Basic, section 2.3.1).
 */
public final class OAuthAuthorizer implements Authorizer {

  /** Where the server does not say how long a token lives. */
  private static final Duration LIFE_UNSAID = Duration.ofMinutes(5);

  /** RFC 6750, section 2.1; nothing else could stand in a header unharmed. */
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]{1,16384}=*");

  private final ProviderSpec spec;
  private final OAuthSpec oauth;
  private final Supplier<Optional<String>> secret;
  private final TokenEndpoint endpoint;
  private final ShortLived<String> token;

  /**
   * @param secret asked at every request
   * @param endpoint where the token is had
   */
  public OAuthAuthorizer(
      ProviderSpec spec,
      OAuthSpec oauth,
      Supplier<Optional<String>> secret,
      TokenEndpoint endpoint,
      InstantSource clock) {
    this.spec = Objects.requireNonNull(spec, "spec");
    this.oauth = Objects.requireNonNull(oauth, "oauth");
    this.secret = Objects.requireNonNull(secret, "secret");
    this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
    this.token = new ShortLived<>(clock);
  }

  @Override
  public Outgoing authorize(Permit permit, Outgoing request)
      throws IOException, InferenceException, InterruptedException {
    String now =
        secret
            .get()
            .orElseThrow(
                () ->
                    new InferenceException(
                        Kind.PROVIDER_REFUSED,
                        ("Provider '%s' has no credential in this box's bundle. The operator should"
                                + " publish one.")
                            .formatted(spec.name())));
    return request.with("Authorization", "Bearer " + token.get(now, () -> fetch(permit, now)));
  }

  /** With 403 the token is good and something else is not allowed. */
  @Override
  public void refused(int status) {
    if (status == 401) {
      token.forget();
    }
  }

  @Override
  public void close() {
    endpoint.close();
  }

  private ShortLived.Fetched<String> fetch(Permit permit, String now)
      throws IOException, InferenceException, InterruptedException {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("grant_type", "client_credentials");
    oauth.scope().ifPresent(scope -> fields.put("scope", scope));
    String client = TokenEndpoint.encoded(oauth.clientId()) + ":" + TokenEndpoint.encoded(now);
    Outgoing request =
        TokenEndpoint.form(oauth.tokenUrl(), "application/json", fields)
            .with(
                "Authorization",
                "Basic "
                    + Base64.getEncoder()
                        .encodeToString(client.getBytes(StandardCharsets.US_ASCII)));
    return read(endpoint.ask(permit, request));
  }

  private ShortLived.Fetched<String> read(byte[] answer) throws InferenceException {
    JsonNode json;
    try {
      json = RemoteJson.MAPPER.readTree(answer);
    } catch (IOException e) {
      throw endpoint.nonsense();
    }
    String value = json == null ? "" : json.path("access_token").asText("");
    if (!TOKEN.matcher(value).matches()
        || !json.path("token_type").asText("").equalsIgnoreCase("bearer")) {
      throw endpoint.nonsense();
    }
    long seconds = json.path("expires_in").asLong(LIFE_UNSAID.toSeconds());
    return new ShortLived.Fetched<>(value, Duration.ofSeconds(Math.max(0, seconds)));
  }

  @Override
  public String toString() {
    return "OAuthAuthorizer[provider=" + spec.name() + "]";
  }
}
