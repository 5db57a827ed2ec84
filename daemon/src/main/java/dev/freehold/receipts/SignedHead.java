package dev.freehold.receipts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The box's word that the log had this line, and so all lines before it, at this time. A JWS (RFC
 * 7515) by ES256; its header names the device certificate as {@code x5t#S256}, its payload is
 * {@code {"hash","sequence","time"}}.
 *
 * @param sequence the last line that is vouched for
 * @param hash of that line, see {@link Receipt#hash}
 * @param certificate SHA-256 of the device certificate's DER, lower-case hex
 * @param jws compact serialisation
 * @param chainDer base64 of the certificates up to the root; empty where it is not known
 */
public record SignedHead(
    long sequence,
    String hash,
    Instant time,
    String certificate,
    String jws,
    List<String> chainDer) {

  /** No head as JSON is longer. */
  public static final int CHARACTERS_MAX = 65_536;

  static final String TYPE = "freehold-receipts-head";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  public SignedHead {
    Objects.requireNonNull(hash, "hash");
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(certificate, "certificate");
    Objects.requireNonNull(jws, "jws");
    chainDer = List.copyOf(chainDer);
  }

  static SignedHead sign(DeviceSigner signer, long sequence, String hash, Instant time) {
    String certificate = DeviceSigner.sha256(signer.chain().getFirst());
    String text = base64(header(certificate)) + "." + base64(payload(sequence, hash, time));
    String jws = text + "." + BASE64.encodeToString(signer.sign(text));
    return new SignedHead(sequence, hash, time, certificate, jws, signer.chainDer());
  }

  /**
   * Reads what {@link #toJson} wrote, or a bare JWS. The signature is not checked here.
   *
   * @throws IllegalArgumentException if the text is no head
   */
  public static SignedHead parse(String text) {
    String stripped = text.strip();
    if (stripped.length() > CHARACTERS_MAX) {
      throw new IllegalArgumentException(
          "expected a signed head of at most %d characters, found %d"
              .formatted(CHARACTERS_MAX, stripped.length()));
    }
    if (!stripped.startsWith("{")) {
      return of(stripped, List.of());
    }
    try {
      JsonNode tree = JSON.readTree(stripped);
      List<String> chain = new ArrayList<>();
      tree.path("chain").forEach(der -> chain.add(der.asText()));
      return of(tree.path("jws").asText(), chain);
    } catch (IOException e) {
      throw notAHead();
    }
  }

  /** As one line of JSON: {@code {"chain":[…],"jws":"…"}}. */
  public String toJson() {
    ObjectNode json = new ObjectNode(JsonNodeFactory.instance).put("jws", jws);
    chainDer.forEach(json.putArray("chain")::add);
    return CanonicalJson.text(json);
  }

  static SignedHead of(String jws, List<String> chainDer) {
    String[] parts = jws.split("\\.", -1);
    if (parts.length != 3) {
      throw notAHead();
    }
    try {
      JsonNode header = JSON.readTree(Base64.getUrlDecoder().decode(parts[0]));
      JsonNode payload = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
      String thumbprint = header.path("x5t#S256").asText();
      String certificate = HexFormat.of().formatHex(Base64.getUrlDecoder().decode(thumbprint));
      String hash = payload.path("hash").asText();
      long sequence = payload.path("sequence").asLong(-1);
      Instant time = Instant.parse(payload.path("time").asText());
      // One algorithm, one type, one spelling: a head cannot be read in two ways.
      if (HASH.matcher(hash).matches()
          && sequence > 0
          && parts[0].equals(base64(header(certificate)))
          && parts[1].equals(base64(payload(sequence, hash, time)))
          && parts[2].equals(BASE64.encodeToString(Base64.getUrlDecoder().decode(parts[2])))) {
        return new SignedHead(sequence, hash, time, certificate, jws, chainDer);
      }
    } catch (IOException | IllegalArgumentException | DateTimeException e) {
      // Said below.
    }
    throw notAHead();
  }

  /** What the signature is over. */
  String signedText() {
    return jws.substring(0, jws.lastIndexOf('.'));
  }

  byte[] signature() {
    return Base64.getUrlDecoder().decode(jws.substring(jws.lastIndexOf('.') + 1));
  }

  private static String header(String certificate) {
    return CanonicalJson.text(
        new ObjectNode(JsonNodeFactory.instance)
            .put("alg", "ES256")
            .put("typ", TYPE)
            .put("x5t#S256", BASE64.encodeToString(HexFormat.of().parseHex(certificate))));
  }

  private static String payload(long sequence, String hash, Instant time) {
    return CanonicalJson.text(
        new ObjectNode(JsonNodeFactory.instance)
            .put("hash", hash)
            .put("sequence", sequence)
            .put("time", time.toString()));
  }

  private static String base64(String text) {
    return BASE64.encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static IllegalArgumentException notAHead() {
    return new IllegalArgumentException(
        "expected a signed head of receipts (a JWS of type " + TYPE + "), found something else");
  }
}
