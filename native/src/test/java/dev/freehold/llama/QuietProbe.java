package dev.freehold.llama;

import java.nio.charset.StandardCharsets;

/** Run in a JVM of its own: provokes llama.cpp's complaints about what a client wrote. */
final class QuietProbe {

  private static final String CANARY = "canary-7c1f";

  private QuietProbe() {}

  public static void main(String[] arguments) {
    Model model = Models.shared();
    refused(
        () ->
            Sampler.create(
                model, SamplerOptions.greedy().withGrammar("root ::= \"" + CANARY + "\" (")));
    refused(
        () ->
            ChatTemplates.schemaToGrammar(
                "{\"type\":\"string\",\"pattern\":\"^(" + CANARY + "$\"}"));
    ChatTemplates.schemaToGrammar("{\"type\":\"string\",\"" + CANARY + "\":true}");
    try (Sampler sampler =
            Sampler.create(model, SamplerOptions.greedy().withGrammar("root ::= \"a\""));
        TokenBuffer tokens = model.tokenize(CANARY, false, false)) {
      refused(() -> sampler.accept(tokens.get(0)));
    }
    String request =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"json_schema\":{\"type\":\"integer\"}}"
            .formatted(CANARY);
    byte[] answer = ("not an integer, " + CANARY).getBytes(StandardCharsets.UTF_8);
    try (ChatTemplates templates = ChatTemplates.of(model);
        ChatPrompt prompt = templates.apply(request.getBytes(StandardCharsets.UTF_8))) {
      refused(() -> prompt.parse(answer, answer.length, false));
    }
    System.out.println("done");
  }

  private static void refused(Runnable call) {
    try {
      call.run();
      System.out.println("not refused");
    } catch (LlamaException e) {
      System.out.println(e.getMessage());
    }
  }
}
