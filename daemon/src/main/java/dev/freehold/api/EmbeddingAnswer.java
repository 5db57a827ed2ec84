package dev.freehold.api;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.time.Instant;

/**
 * The vectors of one request, written as OpenAI has them. They stay where they are until all are
 * there, and go out as they are encoded: a request of thousands of inputs never lies on the heap.
 */
final class EmbeddingAnswer implements AnswerBody {

  private final MemorySegment[] vectors;
  private final boolean base64;
  private Usage usage = Usage.NONE;

  EmbeddingAnswer(InferenceRequest request, boolean base64) {
    this.vectors = new MemorySegment[((Prompt.Embedding) request.prompt()).inputs().size()];
    this.base64 = base64;
  }

  @Override
  public void add(int choice, InferenceEvent event) {
    switch (event) {
      case InferenceEvent.Embedded(int index, MemorySegment vector) -> vectors[index] = vector;
      case InferenceEvent.Finished finished -> usage = finished.usage();
      case InferenceEvent.TextDelta _,
          InferenceEvent.ReasoningDelta _,
          InferenceEvent.ToolCallDelta _,
          InferenceEvent.Logprobs _,
          InferenceEvent.Scored _ ->
          throw new IllegalStateException("not an event of an embedding");
    }
  }

  @Override
  public Ready ready(String requestId, String model, Instant created) {
    for (MemorySegment vector : vectors) {
      if (vector == null) {
        throw new IllegalStateException("an input has no vector");
      }
    }
    return (ServerResponse response, Runnable beforeTheEnd) -> {
      try (OutputStream out = response.outputStream()) {
        write(out, model);
        beforeTheEnd.run();
      }
    };
  }

  private void write(OutputStream out, String model) throws IOException {
    try (JsonGenerator json =
        Json.FACTORY.createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (int i = 0; i < vectors.length; i++) {
        json.writeStartObject();
        json.writeStringField("object", "embedding");
        json.writeNumberField("index", i);
        json.writeFieldName("embedding");
        vector(json, vectors[i]);
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeStringField("model", model);
      RankingAnswer.usage(json, usage);
      json.writeEndObject();
    } catch (IllegalStateException e) {
      // The memory goes when the request is ended from outside, by a stop of the daemon.
      throw new IOException("the request ended while its vectors were being written", e);
    }
  }

  private void vector(JsonGenerator json, MemorySegment vector) throws IOException {
    if (base64) {
      int bytes = Math.toIntExact(vector.byteSize());
      json.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, new LittleEndian(vector), bytes);
      return;
    }
    json.writeStartArray();
    for (long i = 0; i < vector.byteSize(); i += Float.BYTES) {
      json.writeNumber(vector.get(JAVA_FLOAT_UNALIGNED, i));
    }
    json.writeEndArray();
  }

  /** A vector's bytes in the order that clients expect, whatever the machine's is. */
  private static final class LittleEndian extends InputStream {

    private final MemorySegment vector;
    private long at;

    LittleEndian(MemorySegment vector) {
      this.vector = vector;
    }

    @Override
    public int read() {
      if (at == vector.byteSize()) {
        return -1;
      }
      long within = at % Float.BYTES;
      int bits = Float.floatToRawIntBits(vector.get(JAVA_FLOAT_UNALIGNED, at - within));
      at++;
      return (bits >>> (Byte.SIZE * within)) & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      int count = (int) Math.min(length, vector.byteSize() - at);
      for (int i = 0; i < count; i++) {
        into[offset + i] = (byte) read();
      }
      return count == 0 && length > 0 ? -1 : count;
    }
  }
}
