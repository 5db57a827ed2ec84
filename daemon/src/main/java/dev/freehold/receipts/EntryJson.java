package dev.freehold.receipts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Entries as the bodies of lines. What is read is exactly what was written: nothing more. */
final class EntryJson {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private EntryJson() {}

  static ObjectNode write(Entry entry) {
    return switch (entry) {
      case Decision decision -> write(decision);
      case Attempt attempt -> write(attempt);
      case Outcome outcome -> write(outcome);
      case Entry.Segment segment -> {
        ObjectNode body = object().put("openFrom", segment.openFrom());
        segment.certificate().ifPresent(sha -> body.put("certificate", sha));
        yield body;
      }
      case Entry.Certificate certificate -> {
        ObjectNode body = object().put("sha256", certificate.sha256());
        body.set("chain", texts(certificate.chainDer()));
        yield body;
      }
      case Entry.Head head -> object().put("jws", head.jws());
      case Entry.Recovered recovered ->
          object()
              .put("bytesDropped", recovered.bytesDropped())
              .put("movedTo", recovered.movedTo());
      case Entry.ClockSetBack clock -> object().put("from", clock.from().toString());
    };
  }

  /**
   * @throws IllegalArgumentException if the body is none of its kind
   */
  static Entry read(String kind, JsonNode body) {
    return switch (kind) {
      case "decision" -> decision(body);
      case "attempt" -> attempt(body);
      case "outcome" -> outcome(body);
      case "segment" -> new Entry.Segment(number(body, "openFrom"), optional(body, "certificate"));
      case "certificate" -> new Entry.Certificate(text(body, "sha256"), texts(body, "chain"));
      case "head" -> new Entry.Head(text(body, "jws"));
      case "recovered" -> new Entry.Recovered(number(body, "bytesDropped"), text(body, "movedTo"));
      case "clock-set-back" -> new Entry.ClockSetBack(Instant.parse(text(body, "from")));
      default ->
          throw new IllegalArgumentException(
              "the kind \"" + Entry.bounded(kind) + "\" is none that this version knows");
    };
  }

  private static ObjectNode write(Decision decision) {
    ObjectNode body =
        object()
            .put("request", decision.requestId())
            .put("client", decision.client())
            .put("label", decision.label().text())
            .put("policyVersion", decision.policyVersion())
            .put("policySha256", decision.policyDigest());
    body.set("groups", texts(decision.groups()));
    body.set("raisedBy", texts(decision.raisedBy()));
    body.set("allowed", texts(decision.allowed().stream().map(TrustClass::text).toList()));
    ArrayNode candidates = body.putArray("candidates");
    for (Decision.Candidate candidate : decision.candidates()) {
      provider(candidates.addObject(), candidate.provider(), candidate.trust(), candidate.region());
    }
    ArrayNode rejections = body.putArray("rejected");
    for (Decision.Rejection rejection : decision.rejections()) {
      provider(rejections.addObject(), rejection.provider(), rejection.trust(), rejection.region())
          .put("reason", rejection.reason());
    }
    decision.model().ifPresent(model -> body.put("model", model));
    decision.route().ifPresent(route -> body.put("route", route));
    decision.content().ifPresent(digest -> body.put("content", digest));
    return body;
  }

  private static Decision decision(JsonNode body) {
    return new Decision(
        text(body, "request"),
        text(body, "client"),
        texts(body, "groups"),
        optional(body, "model"),
        Label.of(text(body, "label")),
        texts(body, "raisedBy"),
        number(body, "policyVersion"),
        text(body, "policySha256"),
        new LinkedHashSet<>(texts(body, "allowed").stream().map(EntryJson::trust).toList()),
        optional(body, "route"),
        list(
            body,
            "candidates",
            node ->
                new Decision.Candidate(
                    text(node, "provider"), trust(node), optional(node, "region"))),
        list(
            body,
            "rejected",
            node ->
                new Decision.Rejection(
                    text(node, "provider"),
                    trust(node),
                    optional(node, "region"),
                    text(node, "reason"))),
        optional(body, "content"));
  }

  private static ObjectNode write(Attempt attempt) {
    ObjectNode body =
        provider(object(), attempt.provider(), attempt.trust(), attempt.region())
            .put("request", attempt.requestId())
            .put("number", attempt.number())
            .put("host", attempt.host())
            .put("bytes", attempt.bytes())
            .put("reservedMicros", attempt.reservedMicros());
    attempt.currency().ifPresent(currency -> body.put("currency", currency));
    return body;
  }

  private static Attempt attempt(JsonNode body) {
    return new Attempt(
        text(body, "request"),
        Math.toIntExact(number(body, "number")),
        text(body, "provider"),
        trust(body),
        optional(body, "region"),
        text(body, "host"),
        number(body, "bytes"),
        number(body, "reservedMicros"),
        optional(body, "currency"));
  }

  private static ObjectNode write(Outcome outcome) {
    ObjectNode body =
        object()
            .put("request", outcome.requestId())
            .put("client", outcome.client())
            .put("label", outcome.label().text())
            .put("ending", outcome.ending().text())
            .put("promptTokens", outcome.promptTokens())
            .put("cachedTokens", outcome.cachedTokens())
            .put("completionTokens", outcome.completionTokens())
            .put("costMicros", outcome.costMicros())
            .put("status", outcome.status());
    body.set("groups", texts(outcome.groups()));
    ArrayNode tries = body.putArray("tries");
    for (Outcome.Try tried : outcome.tries()) {
      ObjectNode node =
          provider(tries.addObject(), tried.provider(), tried.trust(), tried.region())
              .put("bytesOut", tried.bytesOut())
              .put("bytesIn", tried.bytesIn())
              .put("end", tried.end())
              .put("costMicros", tried.costMicros());
      tried.keyPin().ifPresent(pin -> node.put("keyPin", pin));
    }
    outcome.model().ifPresent(model -> body.put("model", model));
    outcome.provider().ifPresent(provider -> body.put("provider", provider));
    outcome.currency().ifPresent(currency -> body.put("currency", currency));
    outcome.answer().ifPresent(digest -> body.put("answer", digest));
    return body;
  }

  private static Outcome outcome(JsonNode body) {
    return new Outcome(
        text(body, "request"),
        text(body, "client"),
        texts(body, "groups"),
        optional(body, "model"),
        Label.of(text(body, "label")),
        Outcome.Ending.of(text(body, "ending")),
        optional(body, "provider"),
        list(
            body,
            "tries",
            node ->
                new Outcome.Try(
                    text(node, "provider"),
                    trust(node),
                    optional(node, "region"),
                    optional(node, "keyPin"),
                    number(node, "bytesOut"),
                    number(node, "bytesIn"),
                    text(node, "end"),
                    number(node, "costMicros"))),
        number(body, "promptTokens"),
        number(body, "cachedTokens"),
        number(body, "completionTokens"),
        number(body, "costMicros"),
        optional(body, "currency"),
        Math.toIntExact(number(body, "status")),
        optional(body, "answer"));
  }

  private static ObjectNode provider(
      ObjectNode node, String name, TrustClass trust, Optional<String> region) {
    node.put("provider", name).put("trust", trust.text());
    region.ifPresent(place -> node.put("region", place));
    return node;
  }

  private static TrustClass trust(JsonNode node) {
    return trust(text(node, "trust"));
  }

  private static TrustClass trust(String text) {
    return Arrays.stream(TrustClass.values())
        .filter(trust -> trust.text().equals(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no trust class: " + Entry.bounded(text)));
  }

  private static ObjectNode object() {
    return new ObjectNode(JSON);
  }

  private static ArrayNode texts(Collection<String> texts) {
    ArrayNode array = new ArrayNode(JSON);
    texts.forEach(array::add);
    return array;
  }

  private static String text(JsonNode node, String name) {
    return optional(node, name)
        .orElseThrow(() -> new IllegalArgumentException("\"" + name + "\" is missing"));
  }

  private static Optional<String> optional(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null) {
      return Optional.empty();
    }
    return Optional.of(textOf(value, name));
  }

  private static String textOf(JsonNode value, String name) {
    if (!value.isTextual()) {
      throw new IllegalArgumentException("\"" + name + "\" is no text");
    }
    return value.textValue();
  }

  private static long number(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException("\"" + name + "\" is no whole number");
    }
    return value.longValue();
  }

  private static List<String> texts(JsonNode node, String name) {
    return list(node, name, value -> textOf(value, name));
  }

  private static <T> List<T> list(JsonNode node, String name, Function<JsonNode, T> element) {
    JsonNode array = node.get(name);
    if (array == null || !array.isArray() || array.size() > Entry.LIST_MAX) {
      throw new IllegalArgumentException("\"" + name + "\" is no list of a receipt");
    }
    List<T> list = new ArrayList<>(array.size());
    array.forEach(value -> list.add(element.apply(value)));
    return list;
  }
}
