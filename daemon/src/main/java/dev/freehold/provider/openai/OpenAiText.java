package dev.freehold.provider.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.RemoteJson;
import dev.freehold.provider.remote.Reply;
import dev.freehold.provider.remote.ServerSentEvents;
import java.io.IOException;
import java.util.Optional;

/** Reads a streamed answer of text. */
final class OpenAiText implements Protocol.Reading {

  private final OpenAiChunks chunks;

  OpenAiText(int promptTokensEstimate) {
    this.chunks = new OpenAiChunks(promptTokensEstimate);
  }

  @Override
  public String contentType() {
    return "text/event-stream";
  }

  @Override
  public Usage usage() {
    return chunks.usage();
  }

  @Override
  public void read(Reply reply, Protocol.Sink sink)
      throws IOException, BrokenAnswer, InterruptedException {
    ServerSentEvents events = new ServerSentEvents(reply.body());
    while (events.advance()) {
      if (isDone(events)) {
        finish(sink, true);
        return;
      }
      JsonNode chunk = RemoteJson.object(events);
      if (chunk.hasNonNull("error")) {
        throw new BrokenAnswer("broke off with an error");
      }
      for (InferenceEvent event : chunks.read(chunk)) {
        sink.put(event);
      }
    }
    finish(sink, false);
  }

  /** Some servers end without {@code [DONE]}, but none ends well without a reason before it. */
  private void finish(Protocol.Sink sink, boolean done) throws BrokenAnswer, InterruptedException {
    Optional<FinishReason> reason = chunks.finishReason();
    if (reason.isEmpty() && !done) {
      throw new BrokenAnswer("broke off before the end of its answer");
    }
    sink.put(new InferenceEvent.Finished(reason.orElse(FinishReason.STOP), chunks.usage()));
  }

  private static boolean isDone(ServerSentEvents events) {
    byte[] data = events.data();
    return events.length() == 6
        && data[0] == '['
        && data[1] == 'D'
        && data[2] == 'O'
        && data[3] == 'N'
        && data[4] == 'E'
        && data[5] == ']';
  }
}
