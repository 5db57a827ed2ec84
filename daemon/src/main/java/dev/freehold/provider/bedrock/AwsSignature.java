package dev.freehold.provider.bedrock;

import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.PercentEncoding;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** AWS Signature Version 4 of a POST without a query, in the Authorization header. */
final class AwsSignature {

  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final int DATE_LENGTH = 8;

  private AwsSignature() {}

  /** The request with everything that AWS wants to see. */
  static Outgoing sign(Outgoing request, AwsKeys keys, String region, String service, Instant now) {
    if (request.uri().getRawQuery() != null) {
      throw new IllegalArgumentException("a request with a query is not signed here");
    }
    String time = TIME.format(now);
    String date = time.substring(0, DATE_LENGTH);
    Outgoing dated = request.with("X-Amz-Date", time);
    if (keys.sessionToken().isPresent()) {
      dated = dated.with("X-Amz-Security-Token", keys.sessionToken().get());
    }
    Map<String, String> headers = new TreeMap<>();
    dated.headers().forEach((name, value) -> headers.put(lower(name), value.strip()));
    headers.put("host", host(request.uri()));
    String names = String.join(";", headers.keySet());
    String scope = String.join("/", date, region, service, "aws4_request");
    String canonical =
        String.join(
            "\n",
            "POST",
            canonicalPath(request.uri()),
            "",
            headers.entrySet().stream()
                .map(header -> header.getKey() + ":" + header.getValue() + "\n")
                .collect(Collectors.joining()),
            names,
            hex(sha256(request.body())));
    String toSign = String.join("\n", ALGORITHM, time, scope, hex(sha256(bytes(canonical))));
    byte[] key = bytes("AWS4" + keys.secretAccessKey());
    for (String part : new String[] {date, region, service, "aws4_request"}) {
      key = hmac(key, part);
    }
    return dated.with(
        "Authorization",
        "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s"
            .formatted(ALGORITHM, keys.accessKeyId(), scope, names, hex(hmac(key, toSign))));
  }

  /** Each segment of the path as it is sent is encoded once more, as for all services but S3. */
  private static String canonicalPath(URI uri) {
    String path = uri.getRawPath();
    return path == null || path.isEmpty()
        ? "/"
        : Arrays.stream(path.split("/", -1))
            .map(PercentEncoding::segment)
            .collect(Collectors.joining("/"));
  }

  private static String host(URI uri) {
    return uri.getPort() < 0 ? lower(uri.getHost()) : lower(uri.getHost()) + ":" + uri.getPort();
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(bytes(text));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HMAC with SHA-256", e);
    }
  }
}
