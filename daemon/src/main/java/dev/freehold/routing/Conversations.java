package dev.freehold.routing;

import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.Prompt;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Which provider answered a conversation before. Providers keep the prompts they have read for a
 * while and read them again for less: a conversation that stays pays less and waits less.
 *
 * <p>A conversation is known by who asks, the model, and how it begins, up to the first message of
 * the user. What is kept of it is a keyed digest, under a key that is never written anywhere.
 */
final class Conversations {

  /** The least recently used is forgotten first. */
  static final int CONVERSATIONS_MAX = 10_000;

  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;
  private final Map<String, String> providers =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > CONVERSATIONS_MAX;
        }
      };

  Conversations() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    this.key = new SecretKeySpec(secret, ALGORITHM);
  }

  /** What a request's conversation is known by; empty for what is no conversation. */
  Optional<String> of(Caller caller, InferenceRequest request) {
    if (!(request.prompt() instanceof Prompt.Chat chat)) {
      return Optional.empty();
    }
    Mac mac = mac();
    update(mac, caller.name());
    update(mac, request.model());
    for (Message message : chat.messages()) {
      update(mac, message.role().name());
      update(mac, message.text());
      if (message.role() == Message.Role.USER) {
        break;
      }
    }
    return Optional.of(HexFormat.of().formatHex(mac.doFinal()));
  }

  synchronized Optional<String> provider(String conversation) {
    return Optional.ofNullable(providers.get(conversation));
  }

  synchronized void answered(String conversation, String provider) {
    providers.put(conversation, provider);
  }

  private Mac mac() {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac;
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }

  private static void update(Mac mac, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    mac.update(Integer.toString(bytes.length).getBytes(StandardCharsets.US_ASCII));
    mac.update((byte) ':');
    mac.update(bytes);
  }
}
