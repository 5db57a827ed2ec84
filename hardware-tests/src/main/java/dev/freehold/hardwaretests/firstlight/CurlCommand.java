package dev.freehold.hardwaretests.firstlight;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.ClientIdentity;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The command that asks a question from a terminal. */
final class CurlCommand {

  private static final ObjectMapper JSON = new ObjectMapper();

  private CurlCommand() {}

  /** A command for a POSIX shell that prints the answer's events as they arrive. */
  static String streaming(String url, ClientIdentity client, String model, String question) {
    try {
      String body =
          JSON.writeValueAsString(ChatClient.request(model, question).put("stream", true));
      return String.join(
          " \\\n  ",
          "curl -N",
          "--cacert " + ShellWord.quote(client.authority().toString()),
          "--cert " + ShellWord.quote(client.certificate().toString()),
          "--key " + ShellWord.quote(client.key().toString()),
          "-H 'Content-Type: application/json'",
          "-d " + ShellWord.quote(body),
          ShellWord.quote(url + "/chat/completions"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
