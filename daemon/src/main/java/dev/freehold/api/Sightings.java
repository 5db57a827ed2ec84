package dev.freehold.api;

import dev.freehold.abuse.Event;
import dev.freehold.abuse.PromptDigest;
import dev.freehold.abuse.Watch;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Prompt;
import dev.freehold.routing.Decision;
import dev.freehold.routing.Inquiry;
import java.util.Objects;

/** What the API tells the watch of its requests: counts, and a digest; never content. */
final class Sightings {

  private final Watch watch;
  private final PromptDigest digest = new PromptDigest();

  Sightings(Watch watch) {
    this.watch = Objects.requireNonNull(watch, "watch");
  }

  /** A request was read and admitted. What a limit refused brings nobody anything. */
  void admitted(Exchange exchange, Inquiry inquiry, Decision decision) {
    if (exchange.client().isEmpty()) {
      return;
    }
    long tokens = decision.facts().promptTokens();
    Event event =
        switch (inquiry.request().prompt()) {
          case Prompt.Chat _, Prompt.Text _, Prompt.Infill _ ->
              new Event.Prompted(
                  exchange.client().get(),
                  tokens,
                  digest.of(inquiry.contentDigest().orElse("")),
                  inquiry.request().logprobs().isPresent());
          case Prompt.Embedding embedding ->
              new Event.Embedded(exchange.client().get(), embedding.inputs().size(), tokens);
          case Prompt.Ranking ranking ->
              new Event.Embedded(exchange.client().get(), ranking.documents().size(), tokens);
        };
    watch.seen(event);
  }

  /** A limit refused a request; the client was told when to come back, if that is known. */
  void limited(Exchange exchange, InferenceException refusal) {
    if (refusal.kind() == InferenceException.Kind.OVERLOADED
        && exchange.client().isPresent()
        && refusal.retryAfter().isPresent()) {
      watch.seen(new Event.Limited(exchange.client().get(), refusal.retryAfter().get()));
    }
  }

  /** A request that had been admitted is over. */
  void answered(Exchange exchange) {
    if (exchange.tally().isPresent() && exchange.client().isPresent()) {
      watch.seen(new Event.Answered(exchange.client().get(), exchange.usage().completionTokens()));
    }
  }
}
