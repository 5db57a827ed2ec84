package dev.freehold.lifecycle;

import dev.freehold.engine.EmbeddingEngine;
import dev.freehold.engine.EmbeddingOptions;
import dev.freehold.engine.EmbeddingRequest;
import dev.freehold.engine.EmbeddingTask;
import dev.freehold.engine.EngineException;
import dev.freehold.engine.EngineOptions;
import dev.freehold.llama.Batch;
import dev.freehold.llama.Context;
import dev.freehold.llama.ContextOptions;
import dev.freehold.llama.DecodeResult;
import dev.freehold.llama.FlashAttention;
import dev.freehold.llama.LlamaException;
import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.Pooling;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.SamplerOptions;
import dev.freehold.llama.TokenBuffer;
import dev.freehold.llama.TokenPack;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Loads a model and generates one token, so that a file that crashes does so here. */
@Command(
    name = "probe",
    mixinStandardHelpOptions = true,
    description = {
      "Loads a GGUF file in this process, generates one token or vector and exits.",
      "The daemon runs this in a throw-away process before it loads a model itself."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:the model loads and generates", "1:it does not; the reason is printed"})
final class ProbeCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "GGUF", description = "The model file.")
  private Path gguf;

  @Option(
      names = "--context",
      defaultValue = "512",
      description = "KV cells to allocate, as the policy will ask for. Default: ${DEFAULT-VALUE}.")
  private int contextTokens;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (Model model = Model.load(gguf, ModelOptions.defaults())) {
      String first =
          model.pooling() == Pooling.NONE
              ? "first token %d".formatted(firstToken(model))
              : "%d results".formatted(results(model));
      out.println(
          "ok: %s, %d bytes, trained for %d tokens of context, %s"
              .formatted(
                  model.description(), model.sizeBytes(), model.trainedContextLength(), first));
      return 0;
    } catch (EngineException | InterruptedException e) {
      throw new IllegalStateException("one input got no vector", e);
    } catch (LlamaException e) {
      spec.commandLine().getErr().println("%s: %s".formatted(gguf, e.getMessage()));
      return 1;
    }
  }

  /** A model that makes vectors or scores shows it in the engine that it will run in. */
  private int results(Model model) throws EngineException, InterruptedException {
    EmbeddingOptions options =
        EmbeddingOptions.of(EngineOptions.of(contextTokens, 1), model.pooling());
    TokenPack pack = new TokenPack();
    pack.append(model, "Hello", true, true);
    pack.endSequence();
    int results = 0;
    try (EmbeddingEngine engine = EmbeddingEngine.start(model, options);
        EmbeddingTask task = engine.submit(new EmbeddingRequest(pack, 1, false))) {
      while (task.next() >= 0) {
        results++;
      }
    }
    return results;
  }

  private int firstToken(Model model) {
    int threads = Runtime.getRuntime().availableProcessors();
    ContextOptions options =
        new ContextOptions(contextTokens, 32, 32, 1, threads, threads, FlashAttention.ON);
    try (Context context = Context.create(model, options);
        Batch batch = Batch.allocate(32, 1);
        Sampler sampler = Sampler.create(model, SamplerOptions.defaults().withTemperature(0));
        TokenBuffer prompt = model.tokenize("Hello", true, true)) {
      for (int i = 0; i < prompt.size(); i++) {
        batch.add(prompt.get(i), i, 0, i == prompt.size() - 1);
      }
      DecodeResult result = context.decode(batch);
      if (result != DecodeResult.OK) {
        throw new IllegalStateException("decoding one prompt ended with " + result);
      }
      return sampler.sample(context, prompt.size() - 1);
    }
  }
}
