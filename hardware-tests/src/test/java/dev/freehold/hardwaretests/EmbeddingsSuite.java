package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.errors.BadRequestException;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.embeddings.EmbeddingValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Embeddings by the official OpenAI SDKs, of a model that is no chat model. */
@ExtendWith(OfficeSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddingsSuite {

  private static final int DIMENSIONS = 384;
  private static final double CLOSE = 1e-6;
  private static final List<String> TEXTS =
      List.of(
          "The cat sleeps on the sofa.",
          "A kitten naps on the couch.",
          "The invoice is due on Monday.");

  private final OpenAIClient client;

  EmbeddingsSuite(OpenAIClient client) {
    this.client = client;
  }

  @TestFactory
  List<DynamicTest> pythonSdkEmbeds(Office office) {
    return office.pythonTests("test_openai_embeddings.py");
  }

  @Test
  void batchIsAnsweredInOrderAndMeansSomething() {
    CreateEmbeddingResponse answer = client.embeddings().create(ask(TEXTS).build());

    List<double[]> vectors =
        answer.data().stream().map(item -> vector(item.embeddingValue())).toList();
    assertEquals(List.of(0L, 1L, 2L), answer.data().stream().map(item -> item.index()).toList());
    assertEquals(DIMENSIONS, vectors.getFirst().length);
    assertEquals(1, dot(vectors.get(0), vectors.get(0)), 1e-3);
    assertTrue(dot(vectors.get(0), vectors.get(1)) > 0.5);
    assertTrue(dot(vectors.get(0), vectors.get(2)) < 0.5);
    assertTrue(answer.usage().promptTokens() > TEXTS.size());
  }

  @Test
  void base64AndFloatAreTheSameNumbers() {
    EmbeddingValue floats = one(EmbeddingCreateParams.EncodingFormat.FLOAT);
    EmbeddingValue base64 = one(EmbeddingCreateParams.EncodingFormat.BASE64);

    assertTrue(floats.isFloats());
    assertTrue(base64.isBase64());
    assertArrayEquals(vector(floats), vector(base64), CLOSE);
  }

  @Test
  void fewerDimensionsAreTheFirstOnesAtUnitLength() {
    double[] whole = vector(one(EmbeddingCreateParams.EncodingFormat.FLOAT));
    double[] few =
        vector(
            client
                .embeddings()
                .create(ask(TEXTS.subList(0, 1)).dimensions(128).build())
                .data()
                .getFirst()
                .embeddingValue());

    assertEquals(128, few.length);
    assertEquals(1, dot(few, few), 1e-3);
    double scale = few[0] / whole[0];
    for (int i = 0; i < few.length; i++) {
      assertEquals(whole[i] * scale, few[i], 1e-4);
    }
    assertThrows(
        BadRequestException.class,
        () -> client.embeddings().create(ask(TEXTS).dimensions(DIMENSIONS + 1).build()));
  }

  private EmbeddingValue one(EmbeddingCreateParams.EncodingFormat format) {
    return client
        .embeddings()
        .create(ask(TEXTS.subList(0, 1)).encodingFormat(format).build())
        .data()
        .getFirst()
        .embeddingValue();
  }

  private static EmbeddingCreateParams.Builder ask(List<String> texts) {
    return EmbeddingCreateParams.builder().model(OfficeSite.EMBEDDER).inputOfArrayOfStrings(texts);
  }

  /** The numbers, however they came: base64 holds little-endian floats. */
  private static double[] vector(EmbeddingValue value) {
    if (value.isFloats()) {
      return value.asFloats().stream().mapToDouble(Float::doubleValue).toArray();
    }
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(value.asBase64()))
            .order(ByteOrder.LITTLE_ENDIAN);
    double[] numbers = new double[bytes.remaining() / Float.BYTES];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = bytes.getFloat();
    }
    return numbers;
  }

  private static double dot(double[] left, double[] right) {
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += left[i] * right[i];
    }
    return sum;
  }
}
