package dev.freehold.inference;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/** What a request asks. */
public sealed interface Prompt {

  /** A conversation, with the tools that the model may call. */
  record Chat(
      List<Message> messages, List<Tool> tools, ToolChoice toolChoice, boolean parallelToolCalls)
      implements Prompt {

    public Chat {
      messages = List.copyOf(messages);
      tools = List.copyOf(tools);
      Objects.requireNonNull(toolChoice, "toolChoice");
    }

    /** The images of all messages, in their order. */
    public List<Image> images() {
      return messages.stream().flatMap(message -> message.images().stream()).toList();
    }

    @Override
    public String toString() {
      return "Chat[messages=" + messages.size() + ", tools=" + tools.size() + "]";
    }
  }

  /** Text to continue as it stands, without a chat template. */
  record Text(String text) implements Prompt {

    public Text {
      Objects.requireNonNull(text, "text");
    }

    @Override
    public String toString() {
      return "Text[length=" + text.length() + "]";
    }
  }

  /**
   * A gap to fill, as editors ask for it.
   *
   * @param before the text before the gap
   * @param after the text after it
   * @param context other files that help, the most useful last
   */
  record Infill(String before, String after, List<ContextFile> context) implements Prompt {

    public Infill {
      Objects.requireNonNull(before, "before");
      Objects.requireNonNull(after, "after");
      context = List.copyOf(context);
    }

    @Override
    public String toString() {
      return "Infill[before=%d, after=%d, context=%d]"
          .formatted(before.length(), after.length(), context.size());
    }
  }

  /** A file, or a part of one, beside the one with the gap. */
  record ContextFile(String name, String text) {

    public ContextFile {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(text, "text");
    }

    @Override
    public String toString() {
      return "ContextFile[length=" + text.length() + "]";
    }
  }

  /**
   * Texts to turn into vectors, one each.
   *
   * @param inputs at least one
   * @param dimensions how many leading components of each vector are wanted, absent for all
   */
  record Embedding(List<Input> inputs, OptionalInt dimensions) implements Prompt {

    public Embedding {
      inputs = List.copyOf(inputs);
      Objects.requireNonNull(dimensions, "dimensions");
    }

    @Override
    public String toString() {
      return "Embedding[inputs=" + inputs.size() + "]";
    }
  }

  /** One input of an embedding: text, or a model's own tokens. */
  sealed interface Input {

    /** Text, which the model tokenises. */
    record OfText(String text) implements Input {

      public OfText {
        Objects.requireNonNull(text, "text");
      }

      @Override
      public String toString() {
        return "OfText[length=" + text.length() + "]";
      }
    }

    /** Tokens of the model that is asked. */
    record OfTokens(List<Integer> tokens) implements Input {

      public OfTokens {
        tokens = List.copyOf(tokens);
      }

      @Override
      public String toString() {
        return "OfTokens[size=" + tokens.size() + "]";
      }
    }
  }

  /** Documents to be scored by how well each answers a query. */
  record Ranking(String query, List<String> documents) implements Prompt {

    public Ranking {
      Objects.requireNonNull(query, "query");
      documents = List.copyOf(documents);
    }

    @Override
    public String toString() {
      return "Ranking[documents=" + documents.size() + "]";
    }
  }
}
