package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.inference.InferenceException;
import dev.freehold.provider.FakeProvider;
import dev.freehold.store.StoreExport;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing of a prompt or an answer is found where it does not belong. */
class CanaryTest {

  private static final String CANARY = "canary-4711-tweet";

  @TempDir Path folder;

  /** Keeps every record of every logger, at the finest level. */
  private static final class Everything extends Handler {
    private final StringWriter text = new StringWriter();
    private final PrintWriter out = new PrintWriter(text);

    @Override
    public synchronized void publish(LogRecord record) {
      out.print(record.getLoggerName() + " ");
      out.println(
          record.getParameters() == null || record.getMessage() == null
              ? record.getMessage()
              : MessageFormat.format(record.getMessage(), record.getParameters()));
      if (record.getThrown() != null) {
        record.getThrown().printStackTrace(out);
      }
    }

    @Override
    public void flush() {
      out.flush();
    }

    @Override
    public void close() {
      out.close();
    }

    synchronized String text() {
      out.flush();
      return text.toString();
    }
  }

  @Test
  void promptsAndAnswersAreInNoLogAndNotInTheDatabase() throws Exception {
    Logger root = Logger.getLogger("");
    Level before = root.getLevel();
    Everything everything = new Everything();
    everything.setLevel(Level.ALL);
    root.addHandler(everything);
    root.setLevel(Level.FINE);
    try {
      try (TestBox box = new TestBox(folder)) {
        exercise(box);
      }
      String log = everything.text();
      String export = StoreExport.of(folder);
      assertTrue(log.contains("seen-ok"), "the log is searched, and holds what it should");
      assertTrue(export.contains("seen-ok"), "the export is searched, and holds what it should");
      assertFalse(log.contains("canary"), () -> line(log));
      assertFalse(export.contains("canary"), () -> line(export));
    } finally {
      root.removeHandler(everything);
      root.setLevel(before);
    }
  }

  private static void exercise(TestBox box) throws Exception {
    String question =
        "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\""
            + CANARY
            + "\"}],\"user\":\"canary-user\",\"stream\":%s}";
    String message = question.replace("\"stream\"", "\"max_tokens\":9,\"stream\"");
    box.local.answers("an answer with a " + CANARY);
    box.remote.answers(CANARY);
    try (TestClient client = box.client()) {
      assertTrue(
          client
              .post("/v1/chat/completions", question.formatted("true"), "x-request-id: seen-ok")
              .body()
              .contains(CANARY));
      client.post("/v1/chat/completions", question.formatted("false"));
      client.post("/v1/chat/completions", question.formatted(CANARY));
      client.post("/v1/chat/completions", "{\"model\":\"" + CANARY + "\"");
      client.post("/v1/chat/completions", question.formatted("true").replace("assistant", CANARY));
      client.post("/v1/chat/completions", question.formatted("true").replace("user\"", CANARY));
      client.post("/v1/completions", "{\"model\":\"assistant\",\"prompt\":\"" + CANARY + "\"}");
      String input = "{\"model\":\"assistant\",\"input\":\"" + CANARY + "\",\"stream\":%s}";
      client.post("/v1/responses", input.formatted("true"));
      client.post("/v1/responses", input.formatted(CANARY));
      client.post("/v1/responses", input.formatted("true").replace("assistant", CANARY));
      client.get("/v1/responses/" + CANARY);
      client.get("/v1/models/" + CANARY);
      client.post("/v1/chat/completions", question.formatted("1"), "Freehold-Label: " + CANARY);
      client.post("/v1/chat/completions", question.formatted("true"), "x-request-id: a " + CANARY);
      for (InferenceException.Kind kind : InferenceException.Kind.values()) {
        box.local.plays(List.of(FakeProvider.say(CANARY), FakeProvider.breaks(kind)));
        client.post("/v1/chat/completions", question.formatted("true"));
        client.post("/v1/chat/completions", question.formatted("false"));
        client.post("/v1/messages", message.formatted("true"));
        client.post("/v1/messages", message.formatted("false"));
      }
      client.post("/v1/messages", message.formatted(CANARY));
      client.post("/v1/messages", message.formatted("1").replace("user\"", CANARY));
      client.post("/v1/messages/count_tokens", message.formatted("false"));
      box.local.plays(List.of());
      exerciseTheRest(client);
      client.post("/v1/chat/completions", question.formatted("true"), "x-request-id: last-one");
    }
    box.record("last-one");
    box.server.close(Duration.ofSeconds(1));
  }

  /** What is no conversation: each as it should be, and each with the canary in a wrong place. */
  private static void exerciseTheRest(TestClient client) throws Exception {
    for (String request :
        List.of(
            "/v1/embeddings {'model':'assistant','input':'%s','user':'canary-user','canary':'%s'}",
            "/v1/embeddings {'model':'assistant','input':['%s','%s'],'dimensions':'canary'}",
            "/v1/embeddings {'model':'%s','input':{'canary':'%s'}}",
            "/v1/rerank {'model':'assistant','query':'%s','documents':['a %s','b']}",
            "/v1/rerank"
                + " {'model':'assistant','query':'%s','documents':[{'text':'%s'}],'top_n':'canary'}",
            "/v1/rerank {'model':'%s','query':'%s','documents':'canary'}",
            "/infill {'model':'assistant','input_prefix':'%s','input_suffix':'%s','stream':true}",
            "/infill {'model':'assistant','input_prefix':'%s','input_extra':[{'text':'%s'}]}",
            "/infill {'model':'assistant','input_prefix':['%s'],'n_predict':'%s'}",
            "/tokenize {'model':'assistant','content':'%s','with_pieces':true,'canary':'%s'}",
            "/tokenize {'model':'%s','content':['%s']}",
            "/detokenize {'model':'assistant','tokens':['%s','%s']}",
            "/apply-template {'model':'assistant','messages':[{'role':'user','content':'%s %s'}]}",
            "/apply-template {'model':'assistant','messages':[{'role':'%s','content':'%s'}]}")) {
      String[] parts = request.replace('\'', '"').formatted(CANARY, CANARY).split(" ", 2);
      client.post(parts[0], parts[1]);
      client.post(parts[0], parts[1], "Freehold-Label: public", "x-request-id: seen-ok");
    }
  }

  private static String line(String text) {
    return text.lines().filter(line -> line.contains("canary")).findFirst().orElse("");
  }
}
