package dev.freehold.provider.bedrock;

import dev.freehold.inference.InferenceException;
import dev.freehold.locality.Permit;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.ShortLived;
import dev.freehold.provider.remote.TokenEndpoint;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** The short-lived keys of a role, had from AWS's Security Token Service (AssumeRole). */
public final class AssumedRole {

  private static final String SERVICE = "sts";
  private static final String SESSION = "freehold";

  /** The least that every role allows is an hour. */
  private static final Duration LIFE = Duration.ofHours(1);

  private static final Set<String> FIELDS =
      Set.of("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration");

  private final String arn;
  private final String region;
  private final URI url;
  private final TokenEndpoint endpoint;
  private final InstantSource clock;
  private final ShortLived<AwsKeys> kept;

  /**
   * @param url of the service in the region
   */
  public AssumedRole(
      String arn, String region, URI url, TokenEndpoint endpoint, InstantSource clock) {
    this.arn = Objects.requireNonNull(arn, "arn");
    this.region = Objects.requireNonNull(region, "region");
    this.url = Objects.requireNonNull(url, "url");
    this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
    this.clock = Objects.requireNonNull(clock, "clock");
    this.kept = new ShortLived<>(clock);
  }

  AwsKeys keys(Permit permit, String secret, AwsKeys lasting)
      throws IOException, InferenceException, InterruptedException {
    return kept.get(secret, () -> fetch(permit, lasting));
  }

  void forget() {
    kept.forget();
  }

  void close() {
    endpoint.close();
  }

  private ShortLived.Fetched<AwsKeys> fetch(Permit permit, AwsKeys lasting)
      throws InferenceException, InterruptedException {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("Action", "AssumeRole");
    form.put("Version", "2011-06-15");
    form.put("RoleArn", arn);
    form.put("RoleSessionName", SESSION);
    form.put("DurationSeconds", Long.toString(LIFE.toSeconds()));
    Outgoing request =
        AwsSignature.sign(
            TokenEndpoint.form(url, "text/xml", form), lasting, region, SERVICE, clock.instant());
    Map<String, String> read = read(endpoint.ask(permit, request));
    Optional<AwsKeys> keys =
        AwsKeys.of(
            read.getOrDefault("AccessKeyId", ""),
            read.getOrDefault("SecretAccessKey", ""),
            Optional.of(read.getOrDefault("SessionToken", "")));
    Duration life = life(read.getOrDefault("Expiration", ""));
    return new ShortLived.Fetched<>(keys.orElseThrow(endpoint::nonsense), life);
  }

  private Duration life(String expiration) throws InferenceException {
    try {
      Duration life = Duration.between(clock.instant(), Instant.parse(expiration));
      return life.isNegative() ? Duration.ZERO : life;
    } catch (DateTimeException e) {
      throw endpoint.nonsense();
    }
  }

  /** The credential's fields; no other element of the answer has these names. */
  private Map<String, String> read(byte[] xml) throws InferenceException {
    XMLInputFactory factory = XMLInputFactory.newFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    Map<String, String> fields = new HashMap<>();
    try {
      XMLStreamReader reader = factory.createXMLStreamReader(new ByteArrayInputStream(xml));
      while (reader.hasNext()) {
        if (reader.next() == XMLStreamConstants.START_ELEMENT
            && FIELDS.contains(reader.getLocalName())) {
          fields.put(reader.getLocalName(), reader.getElementText().strip());
        }
      }
    } catch (XMLStreamException e) {
      throw endpoint.nonsense();
    }
    return fields;
  }

  @Override
  public String toString() {
    return "AssumedRole[arn=" + arn + "]";
  }
}
