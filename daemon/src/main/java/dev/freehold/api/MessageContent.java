package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.Image;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a message says: its text, and the images between the text's parts. Images come as bytes in
 * the request; what a URL names is never fetched, so that no client can make this box call anybody.
 */
record MessageContent(String text, List<Image> images) {

  static final int IMAGES_MAX = 16;

  private static final List<String> MEDIA_TYPES =
      List.of("image/png", "image/jpeg", "image/webp", "image/gif");

  /** The data itself is looked at apart: it is megabytes long. */
  private static final Pattern DATA_URL = Pattern.compile("data:([a-z0-9.+/-]{1,64});base64,");

  private static final int DATA_URL_HEAD_MAX = 96;

  /** How a surface of OpenAI's writes an image. */
  enum Form {
    /** Not at all: only users show images. */
    NONE(""),
    CHAT("image_url"),
    RESPONSES("input_image");

    private final String type;

    Form(String type) {
      this.type = type;
    }

    private Image image(Fields part, int at) throws ApiException {
      if (this == CHAT) {
        return ofUrl(part.requiredObject("image_url"), "url", at);
      }
      requireNoFile(part);
      return ofUrl(part, "image_url", at);
    }
  }

  MessageContent {
    images = List.copyOf(images);
  }

  /**
   * Reads a field that is a string or an array of parts, as OpenAI's surfaces have it.
   *
   * @param mayBeEmpty whether the field may be left out
   * @param form how images may stand here
   */
  static MessageContent read(Fields fields, String name, boolean mayBeEmpty, Form form)
      throws ApiException {
    JsonNode content = fields.raw(name);
    if (content.isTextual()) {
      return new MessageContent(content.textValue(), List.of());
    }
    if (content.isMissingNode() && mayBeEmpty) {
      return new MessageContent("", List.of());
    }
    if (!content.isArray()) {
      throw fields.wrong(name, "a string or an array of parts", content);
    }
    StringBuilder text = new StringBuilder();
    List<Image> images = new ArrayList<>();
    for (Fields part : fields.objects(name, ChatRequests.MESSAGES_MAX)) {
      switch (part.requiredText("type")) {
        case "text", "input_text", "output_text" -> text.append(part.requiredText("text"));
        case "refusal" -> text.append(part.requiredText("refusal"));
        case "image_url", "input_image" -> {
          requireForm(part, form);
          add(images, form.image(part, text.length()), part);
        }
        default ->
            throw ApiErrors.wrongParam(
                part.path("type"),
                "'%s' must be text or an image, found something else."
                    .formatted(part.path("type")));
      }
    }
    return new MessageContent(text.toString(), images);
  }

  private static void requireForm(Fields part, Form form) throws ApiException {
    if (form == Form.NONE) {
      throw ApiErrors.wrongParam(
          part.path("type"), "Only a user's message may have images: send text parts only.");
    }
    if (!part.requiredText("type").equals(form.type)) {
      throw ApiErrors.wrongParam(
          part.path("type"),
          "'%s' must be text or %s here, found another surface's form of an image."
              .formatted(part.path("type"), form.type));
    }
  }

  private static void requireNoFile(Fields part) throws ApiException {
    if (part.has("file_id")) {
      throw part.unsupported(
          "file_id", "This box keeps no files. Send the image itself, as a data: URL.");
    }
  }

  /** Adds an image to a message's, within the bound of their number. */
  static void add(List<Image> images, Image image, Fields part) throws ApiException {
    if (images.size() == IMAGES_MAX) {
      throw ApiErrors.wrongParam(
          part.path("type"), "A message has at most %d images here.".formatted(IMAGES_MAX));
    }
    images.add(image);
  }

  private static Image ofUrl(Fields holder, String name, int at) throws ApiException {
    String url = holder.requiredText(name);
    Matcher head = DATA_URL.matcher(url.substring(0, Math.min(DATA_URL_HEAD_MAX, url.length())));
    if (!head.lookingAt()) {
      throw ApiErrors.wrongParam(
          holder.path(name),
          ("'%s' must be a data: URL with the image itself in base64"
                  + " (data:image/png;base64,...): this box fetches nothing for a client.")
              .formatted(holder.path(name)));
    }
    return image(holder, name, head.group(1), url.substring(head.end()), at);
  }

  /** An image of Anthropic's form: a block with a source. */
  static Image ofBlock(Fields block, int at) throws ApiException {
    Fields source = block.requiredObject("source");
    if (!source.requiredText("type").equals("base64")) {
      throw ApiErrors.wrongParam(
          source.path("type"),
          ("'%s' must be base64, with the image itself as 'data': this box fetches nothing for a"
                  + " client and keeps no files.")
              .formatted(source.path("type")));
    }
    return image(
        source, "data", source.requiredText("media_type"), source.requiredText("data"), at);
  }

  private static Image image(Fields holder, String name, String type, String base64, int at)
      throws ApiException {
    String mediaType = type.equals("image/jpg") ? "image/jpeg" : type;
    if (!MEDIA_TYPES.contains(mediaType)) {
      throw ApiErrors.wrongParam(
          holder.path(name),
          "'%s' must hold an image: %s, found something else."
              .formatted(holder.path(name), String.join(", ", MEDIA_TYPES)));
    }
    return decoded(base64)
        .map(bytes -> new Image(mediaType, bytes, at))
        .orElseThrow(
            () ->
                ApiErrors.wrongParam(
                    holder.path(name),
                    "'%s' must hold an image in base64, found something else."
                        .formatted(holder.path(name))));
  }

  private static Optional<byte[]> decoded(String base64) {
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      return bytes.length == 0 ? Optional.empty() : Optional.of(bytes);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return "MessageContent[length=" + text.length() + ", images=" + images.size() + "]";
  }
}
