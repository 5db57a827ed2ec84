package dev.freehold.detection;

import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Every text of a request that a provider would be sent. A message's text is one, whatever parts it
 * came in; personal data that is split over two messages is not put together.
 *
 * @param unread what is not text
 */
record RequestTexts(List<String> texts, Set<Findings.Unread> unread) {

  static RequestTexts of(InferenceRequest request) {
    RequestTexts all = new RequestTexts(new ArrayList<>(), EnumSet.noneOf(Findings.Unread.class));
    switch (request.prompt()) {
      case Prompt.Chat chat -> all.take(chat);
      case Prompt.Text text -> all.texts.add(text.text());
      case Prompt.Infill infill -> all.take(infill);
      case Prompt.Embedding embedding -> embedding.inputs().forEach(all::take);
      case Prompt.Ranking ranking -> {
        all.texts.add(ranking.query());
        all.texts.addAll(ranking.documents());
      }
    }
    switch (request.format()) {
      case OutputFormat.Text _, OutputFormat.JsonObject _ -> {}
      case OutputFormat.Grammar grammar -> all.texts.add(grammar.gbnf());
      case OutputFormat.JsonSchema schema -> all.texts.add(schema.schema());
    }
    all.texts.addAll(request.sampling().stop());
    all.texts.addAll(request.sampling().rarer().drySequenceBreakers());
    // Nobody knows what they are, and a provider of the same API gets them all.
    request
        .extras()
        .fields()
        .forEach(
            (name, json) -> {
              all.texts.add(name);
              all.texts.add(json);
            });
    return all;
  }

  private void take(Prompt.Chat chat) {
    for (Message message : chat.messages()) {
      texts.add(message.text());
      message.name().ifPresent(texts::add);
      message.toolCallId().ifPresent(texts::add);
      for (ToolCall call : message.toolCalls()) {
        texts.add(call.id());
        texts.add(call.name());
        texts.add(call.arguments());
      }
      if (!message.images().isEmpty()) {
        unread.add(Findings.Unread.IMAGES);
      }
    }
    for (Tool tool : chat.tools()) {
      texts.add(tool.name());
      texts.add(tool.description());
      texts.add(tool.parametersSchema());
    }
    switch (chat.toolChoice()) {
      case ToolChoice.Named named -> texts.add(named.name());
      case ToolChoice.Auto _, ToolChoice.None _, ToolChoice.Required _ -> {}
    }
  }

  /** The text before and after the gap are adjacent only once it is filled. */
  private void take(Prompt.Infill infill) {
    texts.add(infill.before());
    texts.add(infill.after());
    for (Prompt.ContextFile file : infill.context()) {
      texts.add(file.name());
      texts.add(file.text());
    }
  }

  private void take(Prompt.Input input) {
    switch (input) {
      case Prompt.Input.OfText text -> texts.add(text.text());
      case Prompt.Input.OfTokens _ -> unread.add(Findings.Unread.TOKENS);
    }
  }
}
