package dev.freehold.provider.remote;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.provider.Attempt;
import dev.freehold.provider.Provider;
import dev.freehold.provider.Timing;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** A provider outside this box. */
public final class RemoteProvider implements Provider, AutoCloseable {

  private static final Duration CLOSE_GRACE = Duration.ofMinutes(1);

  private final ProviderSpec spec;
  private final Protocol protocol;
  private final Authorizer authorizer;
  private final Transport transport;
  private final Timing timing;

  /** Makes the provider; nothing is sent before the first request. */
  public RemoteProvider(
      ProviderSpec spec,
      Protocol protocol,
      Authorizer authorizer,
      Transport transport,
      Timing timing) {
    this.spec = Objects.requireNonNull(spec, "spec");
    this.protocol = Objects.requireNonNull(protocol, "protocol");
    this.authorizer = Objects.requireNonNull(authorizer, "authorizer");
    this.transport = Objects.requireNonNull(transport, "transport");
    this.timing = Objects.requireNonNull(timing, "timing");
  }

  @Override
  public String name() {
    return spec.name();
  }

  /** What the policy says of it. */
  public ProviderSpec spec() {
    return spec;
  }

  @Override
  public Optional<String> lacks(InferenceRequest request) {
    return protocol.lacks(request);
  }

  @Override
  public InferenceStream infer(Attempt attempt) throws InferenceException {
    attempt.permit().requireFor(spec);
    InferenceRequest request = attempt.request();
    Outgoing outgoing = protocol.encode(request, spec.modelNamed(request.model()));
    Protocol.Reading reading = protocol.reading(request, attempt.promptTokensEstimate());
    attempt.departure().leaving(outgoing.uri().getHost(), outgoing.body().length);
    RemoteStream stream = new RemoteStream(spec, attempt, protocol, reading, timing);
    stream.start(transport, authorizer, outgoing);
    return stream;
  }

  /**
   * Closes idle connections, after a grace: a request that was decided just before the policy
   * changed may still begin here. Streams that run go on to their end.
   */
  @Override
  public void close() {
    Thread.ofVirtual().name("provider-close-" + spec.name()).start(this::closeLater);
  }

  private void closeLater() {
    try {
      // A grace is a time by its nature: nothing tells that the last decided request has begun.
      timing.sleep(CLOSE_GRACE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    authorizer.close();
    transport.close();
  }
}
