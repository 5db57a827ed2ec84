package dev.freehold.chat;

import dev.freehold.inference.InferenceEvent;
import java.util.List;

/** Turns an answer's text, as it comes, into events. Used by one thread. */
public interface AnswerReader {

  /** Reads more text: whole UTF-8 characters. May return nothing when a form is half complete. */
  List<InferenceEvent> read(byte[] utf8, int length);

  /** Reads what was held back, at the end of the text. */
  List<InferenceEvent> finish();

  /** Whether the answer called a tool. */
  boolean hasCalledTools();
}
