package dev.freehold.engine;

import java.util.List;
import java.util.Objects;

/**
 * A prompt whose images have still to be computed.
 *
 * @param text what the model is told, with a marker where each image goes
 * @param marker what stands for an image; nobody who wrote the text can have known it
 * @param images PNG or JPEG files, which nobody changes
 */
public record ImagePrompt(String text, String marker, List<byte[]> images) {

  public ImagePrompt {
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(marker, "marker");
    images = List.copyOf(images);
  }

  @Override
  public String toString() {
    return "ImagePrompt[images=" + images.size() + "]";
  }
}
