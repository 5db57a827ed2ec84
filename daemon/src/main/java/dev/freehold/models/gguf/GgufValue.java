package dev.freehold.models.gguf;

import java.util.List;

/** A value of a GGUF file's metadata, of the types that models in use need. */
public sealed interface GgufValue {

  record Text(String text) implements GgufValue {}

  /** An unsigned number; the sign bit of the int is its highest bit. */
  record Uint32(int bits) implements GgufValue {}

  record Int32(int number) implements GgufValue {}

  record Float32(float number) implements GgufValue {}

  record Bool(boolean truth) implements GgufValue {}

  record Texts(List<String> texts) implements GgufValue {

    public Texts {
      texts = List.copyOf(texts);
    }
  }

  record Int32s(List<Integer> numbers) implements GgufValue {

    public Int32s {
      numbers = List.copyOf(numbers);
    }
  }

  record Float32s(List<Float> numbers) implements GgufValue {

    public Float32s {
      numbers = List.copyOf(numbers);
    }
  }
}
