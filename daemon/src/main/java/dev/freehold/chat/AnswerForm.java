package dev.freehold.chat;

import dev.freehold.llama.ChatPrompt;
import dev.freehold.llama.Model;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.SamplerOptions;
import java.util.List;
import java.util.Set;

/** What form an answer will have: the grammar it is held to and how it is then read. */
sealed interface AnswerForm extends AutoCloseable {

  Sampler sampler(Model model, SamplerOptions options);

  AnswerReader reader();

  /** Texts that end the answer, beside the request's own. */
  List<String> stops();

  /** Whether the text is the answer, with nothing to parse in it. */
  boolean isPlain();

  @Override
  void close();

  /**
   * Text that continues a text.
   *
   * @param grammar what it is held to; empty for nothing
   */
  static AnswerForm ofText(String grammar) {
    return new FreeText(grammar);
  }

  /** What the model's template and llama.cpp's parser make of it. */
  static AnswerForm ofTemplate(ChatPrompt prompt) {
    return new Templated(prompt, "", Set.of());
  }

  /**
   * The same, in which a bare call counts as one.
   *
   * @param offered the names of the tools
   */
  static AnswerForm ofTemplateWithTools(ChatPrompt prompt, Set<String> offered) {
    return new Templated(prompt, "", offered);
  }

  /** As the template has it, held to a narrower grammar. */
  static AnswerForm ofGrammar(ChatPrompt prompt, String grammar) {
    return new Templated(prompt, grammar, Set.of());
  }

  /** One JSON object with a call, of a template that knows no tools. */
  static AnswerForm ofPlainCall(ChatPrompt prompt, String grammar) {
    return new Call(prompt, grammar);
  }

  /** No template at all. */
  record FreeText(String grammar) implements AnswerForm {

    @Override
    public Sampler sampler(Model model, SamplerOptions options) {
      return Sampler.create(model, options.withGrammar(grammar));
    }

    @Override
    public AnswerReader reader() {
      return new PlainAnswerReader();
    }

    @Override
    public List<String> stops() {
      return List.of();
    }

    @Override
    public boolean isPlain() {
      return true;
    }

    @Override
    public void close() {}
  }

  /**
   * The template's form.
   *
   * @param grammar takes the place of the template's own; empty for that one
   * @param offered the names of the tools that a bare call may name
   */
  record Templated(ChatPrompt prompt, String grammar, Set<String> offered) implements AnswerForm {

    @Override
    public Sampler sampler(Model model, SamplerOptions options) {
      return grammar.isEmpty()
          ? Sampler.create(model, options, prompt)
          : Sampler.create(model, options.withGrammar(grammar));
    }

    @Override
    public AnswerReader reader() {
      AnswerReader reader = isPlain() ? new PlainAnswerReader() : new ParsedAnswerReader(prompt);
      return offered.isEmpty() ? reader : new BareCallReader(reader, offered);
    }

    @Override
    public List<String> stops() {
      return prompt.additionalStops();
    }

    @Override
    public boolean isPlain() {
      return prompt.plainContent();
    }

    @Override
    public void close() {
      prompt.close();
    }
  }

  /** A call as one JSON object. */
  record Call(ChatPrompt prompt, String grammar) implements AnswerForm {

    @Override
    public Sampler sampler(Model model, SamplerOptions options) {
      return Sampler.create(model, options.withGrammar(grammar));
    }

    @Override
    public AnswerReader reader() {
      return new PlainCallReader();
    }

    @Override
    public List<String> stops() {
      return prompt.additionalStops();
    }

    @Override
    public boolean isPlain() {
      return false;
    }

    @Override
    public void close() {
      prompt.close();
    }
  }
}
