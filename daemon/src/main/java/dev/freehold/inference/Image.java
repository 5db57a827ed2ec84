package dev.freehold.inference;

import java.util.Objects;

/** An image in a message: the file that the client sent, as it came. Immutable. */
public final class Image {

  private final String mediaType;
  private final byte[] bytes;
  private final int at;

  /**
   * Takes the bytes over: nobody writes to them any more.
   *
   * @param mediaType what the client says they are
   * @param at where in the message's text it stands, as an offset in characters
   */
  public Image(String mediaType, byte[] bytes, int at) {
    this.mediaType = Objects.requireNonNull(mediaType, "mediaType");
    this.bytes = Objects.requireNonNull(bytes, "bytes");
    this.at = at;
    if (at < 0) {
      throw new IllegalArgumentException("an image's place must not be negative, found " + at);
    }
  }

  public String mediaType() {
    return mediaType;
  }

  /** The file itself and no copy: not to be written to. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where in the message's text it stands, as an offset in characters. */
  public int at() {
    return at;
  }

  @Override
  public String toString() {
    return "Image[mediaType=" + mediaType + ", bytes=" + bytes.length + "]";
  }
}
