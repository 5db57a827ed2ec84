package dev.freehold.lifecycle;

import dev.freehold.engine.EmbeddingEngine;
import dev.freehold.engine.EmbeddingOptions;
import dev.freehold.engine.EmbeddingRequest;
import dev.freehold.engine.EmbeddingTask;
import dev.freehold.engine.EngineException;
import dev.freehold.engine.EngineOptions;
import dev.freehold.llama.Adapter;
import dev.freehold.llama.Batch;
import dev.freehold.llama.Context;
import dev.freehold.llama.DecodeResult;
import dev.freehold.llama.LlamaException;
import dev.freehold.llama.MemoryNeed;
import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.Pooling;
import dev.freehold.llama.Projector;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.SamplerOptions;
import dev.freehold.llama.TokenBuffer;
import dev.freehold.llama.TokenPack;
import dev.freehold.provider.Abilities;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
      "Tells what memory a GGUF file takes, loads it in this process, generates one token or",
      "vector and exits. The daemon runs this in a throw-away process before it loads a model"
          + " itself."
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

  @Option(
      names = "--slots",
      defaultValue = "1",
      description = "Sequences that run at once. Default: ${DEFAULT-VALUE}.")
  private int slots;

  @Option(names = "--projector", paramLabel = "GGUF", description = "A projector beside it.")
  private Optional<Path> projector;

  @Option(names = "--adapter", paramLabel = "GGUF", description = "A LoRA adapter beside it.")
  private Optional<Path> adapter;

  @Option(names = "--measure", description = "Only tells the memory, and takes none of it.")
  private boolean measureOnly;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    EngineOptions options = EngineOptions.of(contextTokens, slots);
    ModelOptions modelOptions = ModelOptions.defaults().withGpuLayers(options.gpuLayers());
    try {
      MemoryNeed need = withFilesBeside(MemoryNeed.of(gguf, modelOptions, options.context()));
      Optional<ProbeReport.Trial> trial =
          measureOnly ? Optional.empty() : Optional.of(load(modelOptions, options));
      out.print(new ProbeReport(need, trial).text());
      out.flush();
      return 0;
    } catch (LlamaException | UncheckedIOException e) {
      spec.commandLine().getErr().println("%s: %s".formatted(gguf, e.getMessage()));
      return 1;
    }
  }

  private ProbeReport.Trial load(ModelOptions modelOptions, EngineOptions options) {
    try (Model model = Model.load(gguf, modelOptions)) {
      int requestTokensMax =
          model.pooling() == Pooling.NONE ? generate(model, options) : embed(model, options);
      // A projector computes an image when it is loaded, and so shows whether it can.
      projector.ifPresent(file -> Projector.load(file, model, options.threads(), true).close());
      return new ProbeReport.Trial(requestTokensMax, Abilities.of(model, projector.isPresent()));
    }
  }

  /** About their size, which is no part of what models that are the same file share. */
  private MemoryNeed withFilesBeside(MemoryNeed need) {
    long bytes = 0;
    for (Optional<Path> file : List.of(projector, adapter)) {
      try {
        bytes += file.isPresent() ? Files.size(file.get()) : 0;
      } catch (IOException e) {
        throw new UncheckedIOException("%s cannot be read".formatted(file.get()), e);
      }
    }
    return new MemoryNeed(
        need.weightsBytes(), need.cacheBytes(), Math.addExact(need.computeBytes(), bytes));
  }

  private int generate(Model model, EngineOptions options) {
    try (Context context = Context.create(model, options.context())) {
      if (adapter.isPresent()) {
        try (Adapter loaded = Adapter.load(adapter.get(), model)) {
          context.adapt(loaded, 1);
        }
      }
      generate(model, context, options.batchTokens());
      return Math.min(context.contextTokens(), model.trainedContextLength());
    }
  }

  /** A model that makes vectors or scores is tried in the engine that it will run in. */
  private static int embed(Model model, EngineOptions options) {
    TokenPack pack = new TokenPack();
    pack.append(model, "Hello", true, true);
    pack.endSequence();
    try (EmbeddingEngine engine =
            EmbeddingEngine.start(model, EmbeddingOptions.of(options, model.pooling()));
        EmbeddingTask task = engine.submit(new EmbeddingRequest(pack, 1, false))) {
      if (task.next() != 0) {
        throw new IllegalStateException("one input got no result");
      }
      return engine.inputTokensMax();
    } catch (EngineException | InterruptedException e) {
      throw new IllegalStateException("one input got no result", e);
    }
  }

  private static void generate(Model model, Context context, int batchTokens) {
    try (Batch batch = Batch.allocate(batchTokens, 1);
        Sampler sampler = Sampler.create(model, SamplerOptions.defaults().withTemperature(0));
        TokenBuffer prompt = model.tokenize("Hello", true, true)) {
      for (int i = 0; i < prompt.size(); i++) {
        batch.add(prompt.get(i), i, 0, i == prompt.size() - 1);
      }
      DecodeResult result = context.decode(batch);
      if (result != DecodeResult.OK) {
        throw new IllegalStateException("decoding one prompt ended with " + result);
      }
      sampler.sample(context, prompt.size() - 1);
    }
  }
}
