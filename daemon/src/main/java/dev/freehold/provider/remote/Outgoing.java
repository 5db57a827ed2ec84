package dev.freehold.provider.remote;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** One request on its way out, always a POST. Immutable. */
public final class Outgoing {

  private final URI uri;
  private final Map<String, String> headers;
  private final byte[] body;

  /**
   * Takes the body over: nobody writes to it any more.
   *
   * @param uri where to, in full
   * @param headers each with one value; content type and accept among them
   */
  public Outgoing(URI uri, Map<String, String> headers, byte[] body) {
    this.uri = Objects.requireNonNull(uri, "uri");
    this.headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    this.body = Objects.requireNonNull(body, "body");
  }

  /** A body of JSON. */
  public static Outgoing json(URI uri, String accept, byte[] body) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("Accept", accept);
    return new Outgoing(uri, headers, body);
  }

  /** The same with one header more. */
  public Outgoing with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Outgoing(uri, more, body);
  }

  public URI uri() {
    return uri;
  }

  /** In the order in which they are sent. */
  public Map<String, String> headers() {
    return headers;
  }

  /** The body itself and no copy: not to be written to. */
  public byte[] body() {
    return body;
  }

  /** Headers hold credentials and the body a prompt. */
  @Override
  public String toString() {
    return "Outgoing[host=" + uri.getHost() + ", bytes=" + body.length + "]";
  }
}
