package dev.freehold.models.gguf;

/** How a tensor's numbers are written in a GGUF file. */
public enum TensorType {
  F32(0, 4),
  F16(1, 2);

  private final int code;
  private final int bytes;

  TensorType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** The number that stands for this type in the file. */
  int code() {
    return code;
  }

  /** The size of one number. */
  int bytes() {
    return bytes;
  }
}
