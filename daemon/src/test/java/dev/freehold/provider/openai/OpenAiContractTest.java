package dev.freehold.provider.openai;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.AdapterContract;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteProviders;
import dev.freehold.provider.remote.SamplesOfOpenAi;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/** A server of OpenAI's form against a fake of it. */
class OpenAiContractTest extends AdapterContract {

  @Override
  protected RemoteProvider open(URI base, Supplier<Optional<String>> credential) {
    ProviderSpec spec =
        ProviderSpecs.of("helvet", ProviderSpec.Kind.OPENAI, TrustClass.SOVEREIGN)
            .region("CH")
            .url(base)
            .credential("helvet-key")
            .model("big-model")
            .spec();
    return RemoteProviders.of(spec, base, new OpenAiProtocol(base), Authorizer.bearer(credential));
  }

  @Override
  protected String basePath() {
    return "/v1";
  }

  @Override
  protected Sample sample(Random random) {
    return SamplesOfOpenAi.random(random, false);
  }

  @Override
  protected List<byte[]> nonsense() {
    return SamplesOfOpenAi.nonsense();
  }
}
