package dev.freehold.routing;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.freehold.bundle.policy.Cascade;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.TokenLogprob;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;

/**
 * Judges a whole answer of a local model, before it is given.
 *
 * <p>A refusal is told by how it begins, in the languages below: what a model says when it cannot
 * or will not, or nothing at all. Confidence is the geometric mean of the probabilities that the
 * model gave its own tokens, which is the exponential of their mean logarithm.
 */
final class AnswerChecks {

  /** Refusals say so at once. */
  private static final int BEGINNING_CHARACTERS = 160;

  private static final Pattern REFUSAL =
      Pattern.compile(
          "\\b(i('m| am) (sorry|unable|not able)|i (can(no|')t|do not|don't)"
              + " (help|assist|answer|provide|know|have)|as an ai|es tut mir leid|ich kann (ihnen"
              + " |dir )?(dabei |das |hierzu |dazu )?(leider )?nicht|leider kann ich|ich weiss (es"
              + " )?nicht|ich weiß (es )?nicht|je (suis désolée?|ne peux pas|ne sais"
              + " pas)|désolée?\\b|mi dispiace|non posso (aiutar|rispond)|non lo so|lo siento|no"
              + " puedo (ayudar|responder)|no lo sé)");

  /** A schema is a client's: what it refers to elsewhere is not fetched. */
  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_2020_12,
          registry ->
              registry
                  .schemaCacheEnabled(false)
                  .schemaLoader(loader -> loader.fetchRemoteResources(false)));

  private static final String ANY_OBJECT = "{\"type\":\"object\"}";

  private AnswerChecks() {}

  /** The first of a cascade's checks that an answer fails. */
  static Optional<Cascade.Check> failed(
      Cascade cascade, InferenceRequest request, List<InferenceEvent> answer) {
    for (Cascade.Check check : Cascade.Check.values()) {
      if (cascade.checks().contains(check) && !passes(check, cascade, request, answer)) {
        return Optional.of(check);
      }
    }
    return Optional.empty();
  }

  private static boolean passes(
      Cascade.Check check, Cascade cascade, InferenceRequest request, List<InferenceEvent> answer) {
    return switch (check) {
      case SCHEMA -> fits(request.format(), answer);
      case REFUSAL -> !isRefusal(answer);
      case CONFIDENCE -> confidence(answer) >= cascade.confidence().orElseThrow();
    };
  }

  private static boolean fits(OutputFormat format, List<InferenceEvent> answer) {
    if (callsTools(answer)) {
      return true;
    }
    return switch (format) {
      case OutputFormat.Text _, OutputFormat.Grammar _ -> true;
      case OutputFormat.JsonObject _ -> fits(ANY_OBJECT, text(answer));
      case OutputFormat.JsonSchema(String schema) -> fits(schema, text(answer));
    };
  }

  private static boolean fits(String schema, String answer) {
    try {
      return SCHEMAS.getSchema(schema).validate(answer, InputFormat.JSON).isEmpty();
    } catch (SchemaException | JacksonException | IllegalArgumentException e) {
      // Neither a schema that cannot be read nor an answer that is no JSON fits.
      return false;
    }
  }

  private static boolean isRefusal(List<InferenceEvent> answer) {
    if (callsTools(answer)) {
      return false;
    }
    String text = text(answer).strip();
    String beginning =
        text.substring(0, Math.min(BEGINNING_CHARACTERS, text.length()))
            .toLowerCase(Locale.ROOT)
            .replace('’', '\'');
    boolean filtered =
        answer.getLast() instanceof InferenceEvent.Finished finished
            && finished.reason() == FinishReason.CONTENT_FILTER;
    return filtered || beginning.isEmpty() || REFUSAL.matcher(beginning).find();
  }

  private static double confidence(List<InferenceEvent> answer) {
    List<TokenLogprob> tokens =
        answer.stream()
            .filter(InferenceEvent.Logprobs.class::isInstance)
            .flatMap(event -> ((InferenceEvent.Logprobs) event).tokens().stream())
            .toList();
    return tokens.isEmpty()
        ? 0
        : Math.exp(tokens.stream().mapToDouble(TokenLogprob::logprob).average().orElseThrow());
  }

  private static boolean callsTools(List<InferenceEvent> answer) {
    return answer.stream().anyMatch(InferenceEvent.ToolCallDelta.class::isInstance);
  }

  private static String text(List<InferenceEvent> answer) {
    StringBuilder text = new StringBuilder();
    for (InferenceEvent event : answer) {
      if (event instanceof InferenceEvent.TextDelta(String more)) {
        text.append(more);
      }
    }
    return text.toString();
  }
}
