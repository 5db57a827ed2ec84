package dev.freehold.provider.remote;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.Prompt;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * One thing that somebody said in a conversation, whatever form it is written in.
 *
 * @param speaker system, user, assistant or tool
 * @param what text, an image in base64, or a call's name and id
 * @param arguments of a call
 */
public record SpokenItem(String speaker, String what, JsonNode arguments) {

  /** Words. */
  public static SpokenItem words(String speaker, String text) {
    return new SpokenItem(speaker, text, RemoteJson.MAPPER.missingNode());
  }

  /** An image. */
  public static SpokenItem image(String mediaType, String base64) {
    return words("user", mediaType + ":" + base64);
  }

  /** A call. */
  public static SpokenItem call(String id, String name, JsonNode arguments) {
    return new SpokenItem("assistant", id + ":" + name, arguments);
  }

  /** A call's result. */
  public static SpokenItem result(String id, String text) {
    return words("tool", id + ":" + text);
  }

  /** All of a conversation, in its order. */
  public static List<SpokenItem> of(InferenceRequest request) throws IOException {
    List<SpokenItem> items = new ArrayList<>();
    for (Message message : ((Prompt.Chat) request.prompt()).messages()) {
      String speaker = message.role().name().toLowerCase(Locale.ROOT);
      if (message.role() == Message.Role.TOOL) {
        items.add(result(message.toolCallId().orElseThrow(), message.text()));
        continue;
      }
      for (Message.Part part : message.parts()) {
        items.add(
            switch (part) {
              case Message.Part.Words(String text) -> words(speaker, text);
              case Message.Part.Picture(Image image) ->
                  image(image.mediaType(), Base64.getEncoder().encodeToString(image.bytes()));
            });
      }
      for (var call : message.toolCalls()) {
        items.add(call(call.id(), call.name(), RemoteJson.MAPPER.readTree(call.arguments())));
      }
    }
    return items;
  }
}
