package dev.freehold.provider.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.provider.remote.RemoteJson;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/** The keys of an AWS account's user, or of a role for a while. Secret: prints nothing of them. */
record AwsKeys(String accessKeyId, String secretAccessKey, Optional<String> sessionToken) {

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_]{8,128}");
  private static final Pattern PRINTABLE = Pattern.compile("[!-~]{1,8192}");

  AwsKeys {
    Objects.requireNonNull(accessKeyId, "accessKeyId");
    Objects.requireNonNull(secretAccessKey, "secretAccessKey");
    Objects.requireNonNull(sessionToken, "sessionToken");
  }

  /** Those of a credential such as {@code {"accessKeyId": "…", "secretAccessKey": "…"}}. */
  static Optional<AwsKeys> parse(String credential) {
    JsonNode json;
    try {
      json = RemoteJson.MAPPER.readTree(credential);
    } catch (IOException e) {
      return Optional.empty();
    }
    if (json == null || !json.isObject()) {
      return Optional.empty();
    }
    JsonNode token = json.path("sessionToken");
    return of(
        json.path("accessKeyId").asText(""),
        json.path("secretAccessKey").asText(""),
        token.isMissingNode() || token.isNull() ? Optional.empty() : Optional.of(token.asText("")));
  }

  /** Empty if they cannot be keys. */
  static Optional<AwsKeys> of(String id, String secret, Optional<String> token) {
    boolean plausible =
        ID.matcher(id).matches()
            && PRINTABLE.matcher(secret).matches()
            && token.map(text -> PRINTABLE.matcher(text).matches()).orElse(true);
    return plausible ? Optional.of(new AwsKeys(id, secret, token)) : Optional.empty();
  }

  @Override
  public String toString() {
    return "AwsKeys[]";
  }
}
