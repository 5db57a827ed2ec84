package dev.freehold.provider.remote;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A conversation as APIs want it where two speakers take turns: messages of one speaker in a row
 * are one turn. A tool's result is said by the user, so that the results of several calls stand in
 * one turn. What a system message says stands before the conversation, wherever the message stood
 * in it; where nobody else speaks it is the conversation, which needs somebody who speaks.
 *
 * @param system what stands before
 * @param turns what was said, in order
 */
public record Conversation(List<Message> system, List<Turn> turns) {

  public Conversation {
    system = List.copyOf(system);
    turns = List.copyOf(turns);
  }

  /**
   * What one speaker says in a row.
   *
   * @param isModels whether the model speaks, else the user
   */
  public record Turn(boolean isModels, List<Message> messages) {

    public Turn {
      messages = List.copyOf(messages);
    }
  }

  /**
   * Writes what one message says.
   *
   * @param <E> what goes wrong where it cannot be put into the API's form
   */
  @FunctionalInterface
  public interface Blocks<E extends Exception> {
    void write(JsonGenerator json, Message message) throws IOException, E;
  }

  /**
   * Writes the turns as a field, each an object with its speaker's role and a list of blocks.
   *
   * @param field the turns' name
   * @param models the model's role; the user's is {@code user} everywhere
   * @param content the name of a turn's list
   */
  public <E extends Exception> void writeTurns(
      JsonGenerator json, String field, String models, String content, Blocks<E> blocks)
      throws IOException, E {
    json.writeArrayFieldStart(field);
    for (Turn turn : turns) {
      json.writeStartObject();
      json.writeStringField("role", turn.isModels() ? models : "user");
      json.writeArrayFieldStart(content);
      for (Message message : turn.messages()) {
        blocks.write(json, message);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /**
   * Tells who says what.
   *
   * @param isNothing whether the API refuses such a text; messages with nothing else are left out
   */
  public static Conversation of(List<Message> messages, Predicate<String> isNothing) {
    List<Message> system = messages.stream().filter(Conversation::isSystem).toList();
    List<Message> spoken = messages.stream().filter(message -> !isSystem(message)).toList();
    return spoken.isEmpty()
        ? new Conversation(List.of(), turns(system, isNothing))
        : new Conversation(
            system.stream().filter(message -> !isNothing.test(message.text())).toList(),
            turns(spoken, isNothing));
  }

  private static boolean isSystem(Message message) {
    return message.role() == Message.Role.SYSTEM;
  }

  private static List<Turn> turns(List<Message> messages, Predicate<String> isNothing) {
    List<Turn> turns = new ArrayList<>();
    List<Message> open = new ArrayList<>();
    for (Message message : messages) {
      if (!saysAnything(message, isNothing)) {
        continue;
      }
      if (!open.isEmpty() && isModels(open.getLast()) != isModels(message)) {
        turns.add(new Turn(isModels(open.getLast()), open));
        open.clear();
      }
      open.add(message);
    }
    if (!open.isEmpty()) {
      turns.add(new Turn(isModels(open.getLast()), open));
    }
    return turns;
  }

  private static boolean isModels(Message message) {
    return message.role() == Message.Role.ASSISTANT;
  }

  private static boolean saysAnything(Message message, Predicate<String> isNothing) {
    return message.role() == Message.Role.TOOL
        || !isNothing.test(message.text())
        || !message.images().isEmpty()
        || !message.toolCalls().isEmpty();
  }
}
