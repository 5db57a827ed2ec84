package dev.freehold.provider.remote;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** The arguments of a tool call for APIs that take them as an object and not as text. */
public final class CallArguments {

  private CallArguments() {}

  /**
   * The arguments as the JSON of an object. A model may have written something else: that stays
   * readable as the one field of an object, since a conversation must be able to go on after it.
   */
  public static String object(String arguments) {
    if (arguments.isBlank()) {
      return "{}";
    }
    return isObject(arguments)
        ? arguments
        : RemoteJson.MAPPER.createObjectNode().put("arguments", arguments).toString();
  }

  private static boolean isObject(String text) {
    try (JsonParser parser = RemoteJson.MAPPER.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      parser.skipChildren();
      return parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }
}
