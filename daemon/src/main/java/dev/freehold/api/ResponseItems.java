package dev.freehold.api;

import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.TokenLogprob;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The output of one response, which grows by the events of its answer. Whole and streamed responses
 * are both made here, so that they come out the same.
 *
 * <p>A message or a piece of reasoning ends where something of another kind begins. A call stays
 * open until the answer ends, because a provider may send parallel calls in turns.
 */
final class ResponseItems {

  /** A stream repeats its whole text when it ends, so even a streamed response has a bound. */
  static final int CHARACTERS_MAX = 4 << 20;

  static final int ITEMS_MAX = 1_024;

  /** Learns of each step as it happens. */
  interface Listener {

    /** Of a response that is sent whole, only the end matters. */
    Listener NONE =
        new Listener() {
          @Override
          public void opened(ResponseItem item) {}

          @Override
          public void grew(ResponseItem item, String more, List<TokenLogprob> logprobs) {}

          @Override
          public void closed(ResponseItem item) {}
        };

    void opened(ResponseItem item) throws IOException;

    /** Its text grew, and so did what is known of its tokens, if the client asked. */
    void grew(ResponseItem item, String more, List<TokenLogprob> logprobs) throws IOException;

    void closed(ResponseItem item) throws IOException;
  }

  private final String requestId;
  private final Listener listener;
  private final List<ResponseItem> items = new ArrayList<>();
  private final Map<Integer, ResponseItem> calls = new HashMap<>();
  private ResponseItem prose;

  /** Tokens whose text is still to come. */
  private final List<TokenLogprob> logprobs = new ArrayList<>();

  private long characters;

  ResponseItems(String requestId, Listener listener) {
    this.requestId = requestId;
    this.listener = listener;
  }

  /** In the order of their output index. */
  List<ResponseItem> items() {
    return Collections.unmodifiableList(items);
  }

  void add(InferenceEvent event) throws IOException, InferenceException {
    switch (event) {
      case InferenceEvent.TextDelta delta -> prose(ResponseItem.Kind.MESSAGE, delta.text());
      case InferenceEvent.ReasoningDelta delta -> prose(ResponseItem.Kind.REASONING, delta.text());
      case InferenceEvent.ToolCallDelta delta -> call(delta);
      case InferenceEvent.Logprobs told -> logprobs.addAll(told.tokens());
      case InferenceEvent.Embedded _, InferenceEvent.Scored _ ->
          throw new IllegalStateException("not an event of a text answer");
      case InferenceEvent.Finished finished -> finish(finished.reason());
    }
  }

  /** What an answer that broke off leaves unfinished says so. */
  void breakOff() {
    for (ResponseItem item : items) {
      if (item.isOpen()) {
        item.close(ResponseItem.Status.INCOMPLETE);
      }
    }
  }

  private void prose(ResponseItem.Kind kind, String more) throws IOException, InferenceException {
    if (more.isEmpty()) {
      return;
    }
    if (prose != null && prose.kind() != kind) {
      endProse();
    }
    if (prose == null) {
      prose = next(kind);
      listener.opened(prose);
    }
    grow(prose, more);
  }

  private void call(InferenceEvent.ToolCallDelta delta) throws IOException, InferenceException {
    endProse();
    ResponseItem known = calls.get(delta.index());
    ResponseItem call = known == null ? next(ResponseItem.Kind.CALL) : known;
    delta.id().filter(id -> !id.isEmpty()).ifPresent(call::callId);
    delta.name().filter(name -> !name.isEmpty()).ifPresent(call::name);
    if (known == null) {
      calls.put(delta.index(), call);
      listener.opened(call);
    }
    if (!delta.arguments().isEmpty()) {
      grow(call, delta.arguments());
    }
  }

  private void finish(FinishReason reason) throws IOException, InferenceException {
    if (items.isEmpty()) {
      prose = next(ResponseItem.Kind.MESSAGE);
      listener.opened(prose);
    }
    if (prose != null && prose.kind() == ResponseItem.Kind.MESSAGE) {
      prose.append(logprobs);
    }
    boolean cut =
        switch (reason) {
          case LENGTH, CONTENT_FILTER -> true;
          case STOP, TOOL_CALLS -> false;
        };
    for (ResponseItem item : items) {
      if (item.isOpen()) {
        // Only what was being written when the answer was cut lacks something.
        close(
            item,
            cut && item == items.getLast()
                ? ResponseItem.Status.INCOMPLETE
                : ResponseItem.Status.COMPLETED);
      }
    }
  }

  private void endProse() throws IOException {
    if (prose != null) {
      close(prose, ResponseItem.Status.COMPLETED);
      prose = null;
    }
  }

  private void close(ResponseItem item, ResponseItem.Status status) throws IOException {
    item.close(status);
    listener.closed(item);
  }

  private ResponseItem next(ResponseItem.Kind kind) throws InferenceException {
    if (items.size() >= ITEMS_MAX) {
      throw new InferenceException(
          InferenceException.Kind.INVALID_REQUEST,
          "The answer has more than %d output items. Ask for fewer tool calls."
              .formatted(ITEMS_MAX));
    }
    ResponseItem item = new ResponseItem(kind, items.size(), requestId);
    items.add(item);
    return item;
  }

  private void grow(ResponseItem item, String more) throws IOException, InferenceException {
    characters += more.length();
    if (characters > CHARACTERS_MAX) {
      throw new InferenceException(
          InferenceException.Kind.INVALID_REQUEST,
          ("The response grew longer than %d characters. Set 'max_output_tokens', or stream the"
                  + " answer from /v1/chat/completions.")
              .formatted(CHARACTERS_MAX));
    }
    item.append(more);
    List<TokenLogprob> own = List.of();
    if (item.kind() == ResponseItem.Kind.MESSAGE) {
      own = List.copyOf(logprobs);
      item.append(own);
    }
    // Those of reasoning and of calls have no place on this surface.
    logprobs.clear();
    listener.grew(item, more, own);
  }
}
