package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.abuse.Quarantine;
import dev.freehold.abuse.QuarantineEntry;
import dev.freehold.abuse.Suspect;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;

/** What the control socket answers about who is shut out. */
final class QuarantineAnswers {

  private final Quarantine quarantine;

  QuarantineAnswers(Quarantine quarantine) {
    this.quarantine = quarantine;
  }

  void list(ServerRequest request, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("entries");
    for (QuarantineEntry entry : quarantine.list()) {
      json.writeStartObject();
      json.writeStringField("name", entry.suspect().name());
      switch (entry.suspect()) {
        case Suspect.Client client -> {
          json.writeStringField("kind", "client");
          json.writeStringField("issuer", client.issuer());
        }
        case Suspect.Address _ -> json.writeStringField("kind", "address");
      }
      json.writeBooleanField("quarantined", entry.quarantined());
      json.writeStringField("rule", entry.rule());
      json.writeStringField("reason", entry.reason());
      json.writeStringField("since", entry.since().toString());
      json.writeStringField("until", entry.until().toString());
      json.writeNumberField("offences", entry.offences());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  void release(ObjectNode body, JsonGenerator json) throws ApiException, IOException {
    Fields fields = Fields.of(body);
    int released = quarantine.release(fields.requiredText("name"));
    json.writeStartObject();
    json.writeNumberField("released", released);
    json.writeEndObject();
  }
}
