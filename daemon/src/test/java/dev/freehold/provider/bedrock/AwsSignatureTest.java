package dev.freehold.provider.bedrock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.PercentEncoding;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.SdkHttpFullRequest;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/** Our signatures against AWS's published examples, and against AWS's own signer. */
class AwsSignatureTest {

  private static final AwsKeys EXAMPLE =
      new AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Optional.empty());
  private static final Instant THEN = Instant.parse("2015-08-30T12:36:00Z");
  private static final URI ROOT = URI.create("https://example.amazonaws.com/");

  private static String signature(Outgoing request) {
    return request.headers().get("Authorization").replaceFirst(".*Signature=", "");
  }

  /** {@code post-vanilla} of AWS's test suite of Signature Version 4. */
  @Test
  void publishedExampleWithoutBody() {
    Outgoing signed =
        AwsSignature.sign(
            new Outgoing(ROOT, Map.of(), new byte[0]), EXAMPLE, "us-east-1", "service", THEN);
    assertEquals(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
            + " SignedHeaders=host;x-amz-date,"
            + " Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        signed.headers().get("Authorization"));
  }

  /** {@code post-x-www-form-urlencoded} of the same suite. */
  @Test
  void publishedExampleWithForm() {
    Outgoing form =
        new Outgoing(
            ROOT,
            Map.of("Content-Type", "application/x-www-form-urlencoded"),
            "Param1=value1".getBytes(StandardCharsets.UTF_8));
    assertEquals(
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        signature(AwsSignature.sign(form, EXAMPLE, "us-east-1", "service", THEN)));
  }

  @Test
  void signsAsAwsDoes() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      byte[] body = new byte[random.nextInt(300)];
      random.nextBytes(body);
      String model = "eu.anthropic.claude-" + random.nextInt(99) + ":0/ä ~(x)";
      URI uri =
          URI.create(
              "https://bedrock-runtime.eu-central-1.amazonaws.com"
                  + (random.nextBoolean() ? ":8443" : "")
                  + "/model/"
                  + PercentEncoding.segment(model)
                  + "/converse-stream");
      AwsKeys keys =
          new AwsKeys(
              "AKIA" + random.nextInt(1000),
              "secret/" + random.nextLong(),
              random.nextBoolean() ? Optional.of("token=" + random.nextLong()) : Optional.empty());
      Instant now = Instant.ofEpochSecond(1_700_000_000L + random.nextInt(100_000_000));
      Map<String, String> headers = new LinkedHashMap<>();
      headers.put("Content-Type", "application/json");
      headers.put("Accept", "application/vnd.amazon.eventstream");
      // AWS's signer always adds this one, which only S3 asks for.
      Outgoing summed = new Outgoing(uri, headers, body).with("x-amz-content-sha256", sha256(body));
      Outgoing ours = AwsSignature.sign(summed, keys, "eu-central-1", "bedrock", now);
      assertEquals(
          theirs(uri, headers, body, keys, now),
          ours.headers().get("Authorization"),
          "seed " + seed);
    }
  }

  private static String sha256(byte[] bytes) throws GeneralSecurityException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static String theirs(
      URI uri, Map<String, String> headers, byte[] body, AwsKeys keys, Instant now) {
    SdkHttpFullRequest.Builder builder =
        SdkHttpFullRequest.builder().method(SdkHttpMethod.POST).uri(uri);
    headers.forEach(builder::putHeader);
    SdkHttpRequest request = builder.build();
    AwsCredentialsIdentity identity =
        keys.sessionToken().isPresent()
            ? AwsSessionCredentialsIdentity.create(
                keys.accessKeyId(), keys.secretAccessKey(), keys.sessionToken().get())
            : AwsCredentialsIdentity.create(keys.accessKeyId(), keys.secretAccessKey());
    SignedRequest signed =
        AwsV4HttpSigner.create()
            .sign(
                sign ->
                    sign.identity(identity)
                        .request(request)
                        .payload(() -> new ByteArrayInputStream(body))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "bedrock")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, "eu-central-1")
                        .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(now, ZoneOffset.UTC)));
    return signed.request().firstMatchingHeader("Authorization").orElseThrow();
  }

  @Test
  void keysOfTheWrongShapeAreNone() {
    for (String text :
        new String[] {
          "",
          "AKIA:secret",
          "[]",
          "{}",
          "{\"accessKeyId\":\"AKIDEXAMPLE\"}",
          "{\"accessKeyId\":\"AKID EXAMPLE\",\"secretAccessKey\":\"x\"}",
          "{\"accessKeyId\":\"AKIDEXAMPLE\",\"secretAccessKey\":\"x\\ny\"}",
          "{\"accessKeyId\":\"AKIDEXAMPLE\",\"secretAccessKey\":\"x\",\"sessionToken\":\"\"}",
        }) {
      assertEquals(Optional.empty(), AwsKeys.parse(text), text);
    }
    AwsKeys keys =
        AwsKeys.parse("{\"accessKeyId\":\"AKIDEXAMPLE\",\"secretAccessKey\":\"hidden\"}")
            .orElseThrow();
    assertTrue(keys.sessionToken().isEmpty());
    assertFalse(keys.toString().contains("hidden"));
  }
}
