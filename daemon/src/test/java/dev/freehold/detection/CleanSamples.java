package dev.freehold.detection;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;

/** Texts without personal data that are full of what looks like it. */
final class CleanSamples {

  /** One text in which nothing is to be found. */
  record Clean(String form, String text) {}

  private static final String[] CHAT = {
    "Kannst du mir den Unterschied zwischen Art. 12 und Art. 13 in zwei Sätzen erklären?",
    "Résume le procès-verbal de la séance du 14.05.2025, points 1 à 7, en 200 mots.",
    "Write a haiku about the 3rd of October, 5-7-5, without the letter e.",
    "Quanti giorni lavorativi ci sono tra il 01/02/2026 e il 28/02/2026?",
    "¿Cuál es la raíz cuadrada de 1.522.756 y cómo se calcula a mano?",
    "Wat is het verschil tussen NEN 7510 en ISO 27001:2022?",
    "Jaka jest różnica między RTX 4090 a RTX 5090 przy 24576 MB pamięci?",
    "The meeting is at 10:30 in room 4.17, bring the Q3 numbers (rows 100-250).",
    "Rewrite @mentions such as @anna or @team-lead so that they render as links.",
    "Im Geschäftsjahr 2024/2025 stieg der Umsatz um 12,5 % auf CHF 1'234'567.80.",
    "Use :: to call a static method, e.g. std::vector<int>::size_type or Foo::bar().",
    "Set margin: 0 auto; z-index: 1000; color: #ff00aa; transition: all 0.25s;",
    "E = mc^2, c = 299792458 m/s, h = 6.62607015e-34 Js, N = 6.02214076e23.",
    "The password policy asks for 12 characters; a forgotten password: see page 4.",
    "How do I reset my password? The token: where does it come from?",
  };

  private final Random random;

  private CleanSamples(long seed) {
    random = new Random(seed);
  }

  static List<Clean> of(long seed, int each) {
    CleanSamples all = new CleanSamples(seed);
    List<Clean> samples = new ArrayList<>();
    for (int k = 0; k < each; k++) {
      samples.add(new Clean("chat", all.lines(6, () -> CHAT[all.random.nextInt(CHAT.length)])));
      samples.add(new Clean("log", all.lines(12, all::log)));
      samples.add(new Clean("table of numbers", all.lines(12, all::row)));
      samples.add(new Clean("invoice", all.lines(8, all::invoice)));
      samples.add(new Clean("dates and times", all.lines(12, all::date)));
      samples.add(new Clean("code", all.lines(12, all::code)));
      samples.add(new Clean("hashes and ids", all.lines(8, all::id)));
      samples.add(new Clean("versions", all.lines(8, all::version)));
    }
    return samples;
  }

  private String lines(int count, Supplier<String> line) {
    StringBuilder text = new StringBuilder();
    for (int k = 0; k < count; k++) {
      text.append(line.get()).append('\n');
    }
    return text.toString();
  }

  private String any(String... values) {
    return values[random.nextInt(values.length)];
  }

  private int to(int most) {
    return random.nextInt(most);
  }

  private Instant instant() {
    return Instant.ofEpochMilli(1_500_000_000_000L + random.nextLong(300_000_000_000L));
  }

  private String hex(int count) {
    StringBuilder text = new StringBuilder();
    for (int k = 0; k < count; k++) {
      text.append(Character.forDigit(random.nextInt(16), 16));
    }
    return text.toString();
  }

  private String log() {
    return switch (to(5)) {
      case 0 ->
          "%s INFO  [worker-%d] c.e.app.OrderService - order %d handled in %d.%03d ms"
              .formatted(instant(), to(16), 100_000 + to(9_000_000), to(900), to(1000));
      case 1 ->
          "[%d.%06d] usb %d-%d: new high-speed USB device number %d using xhci_hcd"
              .formatted(to(90_000), to(1_000_000), to(4), to(4), to(90));
      case 2 ->
          "127.0.0.1 - - [%02d/Oct/2025:%02d:%02d:%02d +0200] \"GET /v1/items/%d HTTP/1.1\" 200 %d"
              .formatted(1 + to(28), to(24), to(60), to(60), to(100_000), to(1_000_000));
      case 3 ->
          "level=warn ts=%d.%03d caller=main.go:%d trace_id=%s msg=\"slow query\" rows=%d"
              .formatted(instant().getEpochSecond(), to(1000), to(900), hex(32), to(1_000_000));
      default ->
          "eth0: link/ether %s:%s:%s:%s:%s:%s mtu 1500 qlen 1000"
              .formatted(hex(2), hex(2), hex(2), hex(2), hex(2), hex(2));
    };
  }

  private String row() {
    return switch (to(4)) {
      case 0 -> "%d\t%d\t%d\t%d".formatted(to(1_000_000), to(1_000_000), to(1000), to(100_000_000));
      case 1 ->
          "%d;%.2f;%.4f;%d"
              .formatted(random.nextInt(), random.nextDouble() * 1e6, random.nextDouble(), to(100));
      case 2 ->
          "| %4d | %4d | %4d | %4d |".formatted(to(10_000), to(10_000), to(10_000), to(10_000));
      default -> "%d %d %d %d %d".formatted(to(100), to(1000), to(10_000), to(1000), to(100));
    };
  }

  private String invoice() {
    return switch (to(6)) {
      case 0 ->
          "Rechnung Nr. %d-%06d vom %02d.%02d.%d"
              .formatted(2020 + to(6), to(1_000_000), 1 + to(28), 1 + to(12), 2020 + to(6));
      case 1 ->
          "Betrag CHF %d'%03d.%02d, MWST 8.1 %%, zahlbar innert 30 Tagen"
              .formatted(1 + to(900), to(1000), to(20) * 5);
      case 2 ->
          "Commande no %d, article %d-%d-%d, quantité %d"
              .formatted(to(100_000_000), to(100), to(10_000), to(100), to(500));
      case 3 ->
          "Order %d, customer %d, SKU %s%d, EAN 40%d"
              .formatted(
                  to(1_000_000_000),
                  to(100_000),
                  any("AB-", "KX", "ZT-"),
                  to(100_000),
                  10_000_000_000L + random.nextLong(80_000_000_000L));
      case 4 ->
          "UID CHE-%03d.%03d.%03d MWST, Kto. %d"
              .formatted(100 + to(900), to(1000), to(1000), 1000 + to(9000));
      default -> "Total EUR %d.%03d,%02d (IVA 21 %%)".formatted(1 + to(900), to(1000), to(100));
    };
  }

  private String date() {
    return switch (to(5)) {
      case 0 ->
          "%02d.%02d.%d %02d:%02d bis %02d:%02d Uhr"
              .formatted(1 + to(28), 1 + to(12), 1990 + to(40), to(24), to(60), to(24), to(60));
      case 1 ->
          "le %02d/%02d/%d à %02dh%02d"
              .formatted(1 + to(28), 1 + to(12), 1990 + to(40), to(24), to(60));
      case 2 -> "%s, %d".formatted(instant(), instant().getEpochSecond());
      case 3 ->
          "%d-%02d-%02d %02d:%02d:%02d.%06d"
              .formatted(
                  1990 + to(40), 1 + to(12), 1 + to(28), to(24), to(60), to(60), to(1_000_000));
      default -> "%d, %d".formatted(instant().toEpochMilli(), instant().toEpochMilli() * 1000);
    };
  }

  private String code() {
    return switch (to(8)) {
      case 0 ->
          "private static final long MASK_%d = 0x%sL; // bits %d-%d"
              .formatted(to(90), hex(16), to(32), 32 + to(32));
      case 1 ->
          "for (int i = 0; i < %d; i++) { sum += a[i] * %d; }"
              .formatted(to(100_000), to(1_000_000));
      case 2 -> "@app.route('/items/<int:id>', methods=['GET'])";
      case 3 -> "password = os.environ.get('DB_PASSWORD', default=None)";
      case 4 ->
          "auto it = std::find(beg::begin(v), ::end(v), %dULL);"
              .formatted(random.nextLong(Long.MAX_VALUE));
      case 5 -> "token = self.tokenizer.next_token2(config.max_tokens)";
      case 6 ->
          "git clone git@github.com:acme/widget-%d.git && npm i lodash@4.17.%d @types/node@22"
              .formatted(to(90), to(30));
      default ->
          "SELECT id, total FROM orders WHERE id BETWEEN %d AND %d AND rate > 0.%d;"
              .formatted(to(1_000_000), to(100_000_000), to(1_000_000_000));
    };
  }

  private String id() {
    return switch (to(6)) {
      case 0 -> "request " + new UUID(random.nextLong(), random.nextLong());
      case 1 -> "sha256:" + hex(64);
      case 2 -> "commit " + hex(40);
      case 3 ->
          "tweet %d"
              .formatted(1_000_000_000_000_000_000L + random.nextLong(800_000_000_000_000_000L));
      case 4 -> "ISBN 978-3-%d-%05d-%d".formatted(10 + to(80), to(100_000), to(10));
      default ->
          "DOI 10.%d/s%d-%03d-%05d-%d"
              .formatted(1000 + to(9000), 10_000 + to(80_000), to(1000), to(100_000), to(10));
    };
  }

  private String version() {
    return switch (to(5)) {
      case 0 -> "Version %d.%d.%d.%d".formatted(to(20), to(20), to(200), to(200));
      case 1 -> "Chrome/%d.0.%d.%d Safari/537.36".formatted(100 + to(40), 5000 + to(1000), to(200));
      case 2 ->
          "nginx/1.%d.%d, openssl 3.%d.%d, kernel 6.%d.0-%d-amd64"
              .formatted(to(30), to(10), to(5), to(10), to(12), to(40));
      case 3 ->
          "Kapitel %d.%d.%d.%d, Absatz %d"
              .formatted(1 + to(9), 1 + to(9), 1 + to(9), 1 + to(9), to(20));
      default -> "driver v%d.%d.%d.%d installed".formatted(to(40), to(10), to(20), to(200));
    };
  }
}
