package dev.freehold.hardwaretests.underfault;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a client was told, and whether it may be told so. */
record Told(Drawn request, int status, HttpHeaders headers, String body) {

  /** A credential's canary begins so; it may be told to nobody, whatever the status. */
  static final String CREDENTIAL = "Credential";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DATA = "data: ";
  private static final Set<Integer> STATUSES = Set.of(200, 400, 403, 429, 502, 503, 504);

  /** How an answer ended. */
  enum Ending {
    REFUSED,
    WELL,
    BROKEN
  }

  String provider() {
    return headers.firstValue("Freehold-Provider").orElse("");
  }

  Ending ending() throws IOException {
    if (status != 200) {
      return Ending.REFUSED;
    }
    return !request.streamed() || readStream().endedWell ? Ending.WELL : Ending.BROKEN;
  }

  /** Texts that tell of failures: nothing of the request or a provider's words is in them. */
  List<String> errors() throws IOException {
    return status != 200 ? List.of(body) : request.streamed() ? readStream().errors : List.of();
  }

  /** What is wrong with it; empty if nothing is. */
  Optional<String> problem() throws IOException {
    if (!STATUSES.contains(status)) {
      return Optional.of("status " + status + ": " + body);
    }
    if (body.contains(Canaries.of(CREDENTIAL).substring(0, 20))) {
      return Optional.of("a credential was told: " + body);
    }
    String inHeaders = Canaries.foundIn(headers.map().toString());
    if (!inHeaders.isEmpty()) {
      return Optional.of("in the headers: " + inHeaders);
    }
    for (String error : errors()) {
      String found = Canaries.foundIn(error);
      if (!found.isEmpty()) {
        return Optional.of("an error repeats what was said: " + found);
      }
    }
    return status == 200 ? problemOfAnswer() : problemOfRefusal();
  }

  private Optional<String> problemOfRefusal() throws IOException {
    JsonNode error = JSON.readTree(body).path("error");
    if (error.path("message").asText().isEmpty()) {
      return Optional.of("a refusal without a message: " + body);
    }
    Optional<String> wait = headers.firstValue("Retry-After");
    return status == 429 && !wait.map(text -> text.matches("[1-9][0-9]*")).orElse(false)
        ? Optional.of("a 429 with Retry-After " + wait)
        : Optional.empty();
  }

  private Optional<String> problemOfAnswer() throws IOException {
    boolean ours = List.of("", "none", "local").contains(provider());
    if (!request.streamed()) {
      String text = request.surface().textOfWhole(JSON.readTree(body));
      return ours || text.equals(ProviderApi.WHOLE)
          ? Optional.empty()
          : Optional.of("not the whole answer of %s: %s".formatted(provider(), body));
    }
    Stream stream = readStream();
    if (stream.endedWell == !stream.errors.isEmpty()) {
      return Optional.of("neither a good end nor an error, or both: " + body);
    }
    return stream.endedWell && !ours && !stream.text.toString().equals(ProviderApi.WHOLE)
        ? Optional.of("a good end of what is not whole, by %s: %s".formatted(provider(), body))
        : Optional.empty();
  }

  /** A stream as it was read. */
  private static final class Stream {
    private final StringBuilder text = new StringBuilder();
    private final List<String> errors = new ArrayList<>();
    private boolean endedWell;
  }

  private Stream readStream() throws IOException {
    Stream stream = new Stream();
    for (String line : body.lines().filter(line -> line.startsWith(DATA)).toList()) {
      String data = line.substring(DATA.length());
      if (data.equals(Surface.DONE)) {
        stream.endedWell = true;
        continue;
      }
      JsonNode event = JSON.readTree(data);
      if (request.surface().tellsFailure(event)) {
        // A response that failed shows what it had said so far beside its error.
        JsonNode error = event.at("/response/error");
        stream.errors.add(error.isMissingNode() ? data : error.toString());
      }
      stream.endedWell |= request.surface().endsWell(event);
      stream.text.append(request.surface().textOf(event));
    }
    return stream;
  }
}
