package dev.freehold.receipts;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** A receipt as the bytes of a line, in {@link CanonicalJson}; the newline is not part of them. */
final class LineFormat {

  /** No line is longer, its newline left out. */
  static final int LINE_BYTES_MAX = 65_536;

  /** What the first line names as the hash of the line before. */
  static final String NO_HASH = "0".repeat(64);

  private static final int DEPTH_MAX = 8;
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEPTH_MAX)
                          .maxNumberLength(20)
                          .build())
                  .build())
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private LineFormat() {}

  /** The line of an entry whose body is canonical already. */
  static byte[] line(long sequence, Instant time, String previous, String kind, String body) {
    StringBuilder text = new StringBuilder(body.length() + 192);
    text.append("{\"body\":").append(body).append(",\"kind\":");
    CanonicalJson.append(text, kind);
    text.append(",\"previous\":\"").append(previous);
    text.append("\",\"sequence\":").append(sequence);
    text.append(",\"time\":\"").append(time).append("\"}");
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  static String body(Entry entry) {
    return CanonicalJson.text(EntryJson.write(entry));
  }

  /**
   * Reads a line. Anything that this version would not have written so, byte by byte, is refused:
   * two readings of a line must not be possible.
   */
  static Receipt parse(byte[] line) throws MalformedLine {
    try {
      JsonNode tree = JSON.readTree(line);
      if (tree == null || !tree.isObject()) {
        throw new MalformedLine("it is no JSON object");
      }
      JsonNode sequence = tree.path("sequence");
      String previous = tree.path("previous").asText();
      if (!sequence.canConvertToLong() || !HASH.matcher(previous).matches()) {
        throw new MalformedLine("it has no sequence number or no hash of the line before");
      }
      Instant time = Instant.parse(tree.path("time").asText());
      String kind = tree.path("kind").asText();
      Entry entry = EntryJson.read(kind, tree.path("body"));
      if (!Arrays.equals(line, line(sequence.longValue(), time, previous, kind, body(entry)))) {
        throw new MalformedLine("it is not in the canonical form");
      }
      return new Receipt(sequence.longValue(), time, previous, hash(line), entry);
    } catch (JsonProcessingException e) {
      // Jackson's message may quote the line.
      throw new MalformedLine("it is no JSON");
    } catch (DateTimeException e) {
      throw new MalformedLine("it has a time that is none");
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new MalformedLine(e.getMessage());
    } catch (IOException e) {
      throw new MalformedLine("it cannot be read");
    }
  }

  static String hash(byte[] line) {
    return HexFormat.of().formatHex(sha256().digest(line));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This JVM has no SHA-256.", e);
    }
  }

  /** Bytes that are no line of a log. */
  static final class MalformedLine extends Exception {

    private static final long serialVersionUID = 1L;

    MalformedLine(String message) {
      super(message);
    }
  }
}
