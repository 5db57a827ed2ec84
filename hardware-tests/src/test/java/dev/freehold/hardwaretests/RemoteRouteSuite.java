package dev.freehold.hardwaretests;

import com.anthropic.client.AnthropicClient;
import com.openai.client.OpenAIClient;
import org.junit.jupiter.api.Nested;

/**
 * The suites of the official SDKs once more, unchanged, against an office whose box sends every
 * request on: what a surface promises does not depend on who computes.
 */
final class RemoteRouteSuite {

  @Nested
  @RemoteRoute
  final class OpenAiPython extends OpenAiPythonSuite {}

  @Nested
  @RemoteRoute
  final class AnthropicPython extends AnthropicPythonSuite {}

  @Nested
  @RemoteRoute
  final class OpenAiJava extends OpenAiJavaSuite {
    OpenAiJava(OpenAIClient client) {
      super(client);
    }
  }

  @Nested
  @RemoteRoute
  final class OpenAiToolsJava extends OpenAiToolsJavaSuite {
    OpenAiToolsJava(OpenAIClient client) {
      super(client);
    }
  }

  @Nested
  @RemoteRoute
  final class OpenAiResponsesJava extends OpenAiResponsesJavaSuite {
    OpenAiResponsesJava(OpenAIClient client) {
      super(client);
    }
  }

  @Nested
  @RemoteRoute
  final class AnthropicJava extends AnthropicJavaSuite {
    AnthropicJava(AnthropicClient client) {
      super(client);
    }
  }

  @Nested
  @RemoteRoute
  final class Embeddings extends EmbeddingsSuite {
    Embeddings(OpenAIClient client) {
      super(client);
    }
  }
}
