package dev.freehold.provider.bedrock;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

/**
 * Event streams as AWS's own library writes them; it leaves out the values of bytes and shorts,
 * which are not used here.
 */
public final class Frames {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  public Frames event(String type, String json) {
    return frame("event", ":event-type", type, json);
  }

  public Frames exception(String type, String json) {
    return frame("exception", ":exception-type", type, json);
  }

  private Frames frame(String message, String name, String type, String json) {
    Map<String, HeaderValue> headers = new LinkedHashMap<>();
    headers.put(":message-type", HeaderValue.fromString(message));
    headers.put(name, HeaderValue.fromString(type));
    headers.put(":content-type", HeaderValue.fromString("application/json"));
    headers.put("true", HeaderValue.fromBoolean(true));
    headers.put("int", HeaderValue.fromInteger(3));
    headers.put("long", HeaderValue.fromLong(4));
    headers.put("bytes", HeaderValue.fromByteArray(new byte[] {5, 6}));
    new Message(headers, json.getBytes(StandardCharsets.UTF_8)).encode(bytes);
    return this;
  }

  public byte[] bytes() {
    return bytes.toByteArray();
  }
}
