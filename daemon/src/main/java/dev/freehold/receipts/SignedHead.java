package dev.freehold.receipts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.uplink.ReceiptHead;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The box's word that the log had this line, and so all lines before it, at this time; and what is
 * needed to check whose word it is.
 *
 * @param head what is signed, and the signature; its hash is that of a line, see {@link
 *     Receipt#hash}
 * @param chainDer base64 of the certificates up to the root; empty where it is not known
 */
public record SignedHead(ReceiptHead head, List<String> chainDer) {

  /** No head as JSON is longer. */
  public static final int CHARACTERS_MAX = 65_536;

  private static final ObjectMapper JSON = new ObjectMapper();

  public SignedHead {
    Objects.requireNonNull(head, "head");
    chainDer = List.copyOf(chainDer);
  }

  static SignedHead sign(DeviceSigner signer, long sequence, String hash, Instant time) {
    return new SignedHead(
        ReceiptHead.sign(sequence, hash, time, signer.key(), signer.chain().getFirst()),
        signer.chainDer());
  }

  /**
   * Reads what {@link #toJson} or the controller wrote, or a bare JWS. The signature is not checked
   * here.
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
      return of(stripped);
    }
    JsonNode tree;
    try {
      tree = JSON.readTree(stripped);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "expected a signed head of receipts as JSON, found something else");
    }
    List<String> chain = new ArrayList<>();
    tree.path("chain").forEach(der -> chain.add(der.asText()));
    return new SignedHead(ReceiptHead.parse(tree.path("jws").asText()), chain);
  }

  static SignedHead of(String jws) {
    return new SignedHead(ReceiptHead.parse(jws), List.of());
  }

  /** As one line of JSON: {@code {"chain":[…],"jws":"…"}}. */
  public String toJson() {
    ObjectNode json = new ObjectNode(JsonNodeFactory.instance).put("jws", jws());
    chainDer.forEach(json.putArray("chain")::add);
    return CanonicalJson.text(json);
  }

  /** The last line that is vouched for. */
  public long sequence() {
    return head.sequence();
  }

  public String hash() {
    return head.hash();
  }

  public Instant time() {
    return head.time();
  }

  /** SHA-256 of the device certificate's DER, lower-case hex. */
  public String certificate() {
    return head.certificateSha256();
  }

  /** Compact serialisation. */
  public String jws() {
    return head.jws();
  }
}
