package dev.freehold.detection;

import dev.freehold.bundle.policy.PersonalData;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import net.datafaker.Faker;

/**
 * Made-up personal data in sentences as offices write them, in seven languages. The check digits
 * are computed here by their publications and not by the code under test; telephone numbers take
 * area codes that are in use.
 */
final class PersonalDataSamples {

  /** One text in which a kind is to be found. */
  record Sample(PersonalData kind, String form, String text) {}

  private static final String[] SENTENCES = {
    "Guten Tag, bitte erfassen Sie %s im System und bestätigen Sie den Eintrag bis Freitag.",
    "Bonjour, veuillez noter %s dans le dossier du client avant la réunion de 14:30.",
    "Buongiorno, aggiungere %s alla pratica n. 4711 entro il 12.03.2026, grazie.",
    "Please add %s to the customer's record; the contract (version 2.1) starts on 2026-04-01.",
    "Hola, el cliente nos ha dado %s, añádelo a la ficha antes de las 18:00.",
    "Goedemiddag, voeg %s toe aan het dossier van mevrouw Jansen.",
    "Dzień dobry, proszę dodać %s do umowy nr 12/2026.",
    "Name;Wert;Datum\nMuster;%s;01.02.2026\n",
    "{\"id\": 17, \"value\": \"%s\", \"active\": true}",
    "Zusammenfassung in drei Sätzen:\n\n%s\n\nVielen Dank!",
  };

  private static final String[] LOCALES = {"de-CH", "de", "fr", "it", "en-US", "es", "nl", "pl"};

  private final Random random;
  private final List<Sample> samples = new ArrayList<>();

  private PersonalDataSamples(long seed) {
    random = new Random(seed);
  }

  static List<Sample> of(long seed, int each) {
    PersonalDataSamples all = new PersonalDataSamples(seed);
    for (int k = 0; k < each; k++) {
      all.emails();
      all.phones();
      all.accounts();
      all.nationalIds();
      all.addresses();
      all.credentials();
    }
    return all.samples;
  }

  private void add(PersonalData kind, String form, String value) {
    String sentence = SENTENCES[random.nextInt(SENTENCES.length)];
    samples.add(new Sample(kind, form, sentence.formatted(value)));
  }

  private Faker faker() {
    return new Faker(Locale.forLanguageTag(LOCALES[random.nextInt(LOCALES.length)]), random);
  }

  private String any(String... values) {
    return values[random.nextInt(values.length)];
  }

  private String digits(int count) {
    StringBuilder digits = new StringBuilder();
    for (int k = 0; k < count; k++) {
      digits.append(random.nextInt(10));
    }
    return digits.toString();
  }

  /** "#" is any digit, "%" any but zero. */
  private String filled(String pattern) {
    StringBuilder text = new StringBuilder();
    for (int k = 0; k < pattern.length(); k++) {
      char c = pattern.charAt(k);
      text.append(
          c == '#'
              ? (char) ('0' + random.nextInt(10))
              : c == '%' ? (char) ('1' + random.nextInt(9)) : c);
    }
    return text.toString();
  }

  private String letters(String alphabet, int count) {
    StringBuilder text = new StringBuilder();
    for (int k = 0; k < count; k++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private void emails() {
    String address = faker().internet().emailAddress();
    String office =
        address.substring(0, address.indexOf('@'))
            + "@"
            + faker().internet().domainWord().replace(" ", "")
            + any(".ch", ".de", ".fr", ".it", ".com", ".es", ".nl", ".pl", ".swiss", ".co.uk");
    add(PersonalData.EMAIL, "as written", any(address, office, "<" + office + ">"));
    add(
        PersonalData.EMAIL,
        "disguised",
        any(
            office.replace("@", " (at) "),
            office.replace("@", "[at]").replace(".", "[dot]"),
            office.replace('@', '＠'),
            office.replace("@", "\u200b@\u200b"),
            office.replace("@", "%40"),
            office.replace("@", " @ ")));
  }

  private static final String[] INTERNATIONAL = {
    "+41 44 %## ## ##", "+41 79 %## ## ##", "+41 (0)31 %## ## ##", "+4178%######",
        "0041 22 %## ## ##",
    "+49 30 %#######", "+49 (0)89 %######", "+49 151 2#######", "0049-171-%######",
        "+33 1 4# ## ## ##",
    "+33 6 1# ## ## ##", "+33612######", "+39 02 %#######", "+39 347 %## ####", "+43 664 %######",
    "+43 1 5######", "+44 20 7### ####", "+44 7911 1#####", "+34 612 ### ###", "+34 91 %## ## ##",
    "+31 20 %## ####", "+31 6 1#######", "+32 2 5## ## ##", "+32 47# ## ## ##", "+48 22 %## ## ##",
    "+48 601 ### ###", "+1 212 2## ####", "+1 (415) 3##-####"
  };
  private static final String[] NATIONAL = {
    "044 %## ## ##", "079 %## ## ##", "031/%## ## ##", "022 %## ## ##", "030 %#######",
        "089/%######",
    "0151 2#######", "0171-%######", "01 4# ## ## ##", "06.1#.##.##.##", "06 1# ## ## ##",
        "02 %#######",
    "0664 %######", "020 7### ####", "07911 1#####", "020 %## ####", "06-1#######", "02 5## ## ##",
    "047# ## ## ##", "(044) %## ## ##", "(212) 2##-####", "415-3##-####"
  };
  private static final String[] RUNS = {"044%######", "079%######", "0612######", "0151%#######"};
  private static final String[] AFTER_WORD = {
    "Tel. 612 ### ###",
    "teléfono: 91 %## ## ##",
    "tel. 601 ### ###",
    "cellulare 347 %######",
    "phone 212 2## ####",
    "nr telefonu 22 %## ## ##",
    "Mobile: 612######"
  };

  private void phones() {
    add(PersonalData.PHONE, "international", filled(any(INTERNATIONAL)));
    add(PersonalData.PHONE, "national", filled(any(NATIONAL)));
    add(PersonalData.PHONE, "one run of digits", filled(any(RUNS)));
    add(PersonalData.PHONE, "no zero, after a word", filled(any(AFTER_WORD)));
    String number = filled(any(INTERNATIONAL));
    add(
        PersonalData.PHONE,
        "disguised",
        any(
            wide(number),
            number.replace(' ', '\u00a0'),
            number.replace(' ', '\u2011'),
            number.replace(" ", " \u200d")));
  }

  private static String wide(String text) {
    StringBuilder wide = new StringBuilder();
    for (int k = 0; k < text.length(); k++) {
      char c = text.charAt(k);
      wide.append(c >= '0' && c <= '9' ? (char) (c - '0' + '０') : c);
    }
    return wide.toString();
  }

  private void accounts() {
    String iban =
        faker()
            .finance()
            .iban(any("CH", "DE", "FR", "IT", "ES", "NL", "AT", "BE", "PL", "GB", "LI", "LU"));
    add(PersonalData.IBAN, "in one piece", iban);
    add(PersonalData.IBAN, "in fours", iban.replaceAll("(.{4})(?!$)", "$1 "));
    add(
        PersonalData.IBAN,
        "disguised",
        any(
            iban.toLowerCase(Locale.ROOT),
            iban.replaceAll("(.{4})(?!$)", "$1-"),
            wide(iban),
            iban.replaceAll("(.{4})(?!$)", "$1\u202f")));
    String card = luhn(any("4", "51", "52", "53", "54", "55", "2221", "6011", "3528"), 16);
    String amex = luhn(any("34", "37"), 15);
    add(PersonalData.CARD, "in one piece", any(card, card, amex));
    add(
        PersonalData.CARD,
        "in groups",
        any(
            card.replaceAll("(.{4})(?!$)", "$1 "),
            card.replaceAll("(.{4})(?!$)", "$1-"),
            amex.substring(0, 4) + " " + amex.substring(4, 10) + " " + amex.substring(10)));
  }

  private String luhn(String prefix, int size) {
    String body = prefix + digits(size - 1 - prefix.length());
    int sum = 0;
    for (int k = 0; k < body.length(); k++) {
      int digit = body.charAt(body.length() - 1 - k) - '0';
      int twice = digit * 2;
      sum += k % 2 == 0 ? (twice > 9 ? twice - 9 : twice) : digit;
    }
    return body + (10 - sum % 10) % 10;
  }

  private void nationalIds() {
    String ahv = ean("756" + digits(9));
    add(PersonalData.NATIONAL_ID, "CH AHV/AVS", any(ahv, grouped(ahv, ".", 3, 4, 4, 2)));
    String tax = germanTax();
    add(PersonalData.NATIONAL_ID, "DE Steuer-ID", any(tax, grouped(tax, " ", 2, 3, 3, 3)));
    add(
        PersonalData.NATIONAL_ID,
        "DE identity card, named",
        any("Ausweis Nr. ", "Personalausweisnummer: ", "Reisepass ")
            + letters("LMNPRTVWXY", 1)
            + letters("0123456789CFGHJKLMNPRTVWXYZ", 7)
            + digits(1));
    String nir = new Faker(Locale.FRANCE, random).idNumber().valid().replace(" ", "");
    add(PersonalData.NATIONAL_ID, "FR NIR", any(nir, grouped(nir, " ", 1, 2, 2, 2, 3, 3, 2)));
    add(
        PersonalData.NATIONAL_ID,
        "IT codice fiscale",
        new Faker(Locale.ITALY, random).idNumber().valid());
    int dni = random.nextInt(100_000_000);
    char letter = "TRWAGMYFPDXBNJZSQVHLCKE".charAt(dni % 23);
    add(PersonalData.NATIONAL_ID, "ES DNI, NIE", any("%08d%s", "%08d-%s").formatted(dni, letter));
    add(PersonalData.NATIONAL_ID, "AT SVNR", austrian());
    add(PersonalData.NATIONAL_ID, "NL BSN, named", any("BSN ", "burgerservicenummer: ") + bsn());
    add(PersonalData.NATIONAL_ID, "BE register", belgian());
    add(
        PersonalData.NATIONAL_ID,
        "PL PESEL",
        new Faker(Locale.of("pl"), random).idNumber().valid());
    String nino = any("AB", "CE", "JH", "PX") + digits(6) + letters("ABCD", 1);
    add(PersonalData.NATIONAL_ID, "UK NINO", any(nino, grouped(nino, " ", 2, 2, 2, 2, 1)));
    String nhs = nhs();
    add(
        PersonalData.NATIONAL_ID,
        "UK NHS, named",
        "NHS number " + any(nhs, grouped(nhs, " ", 3, 3, 4)));
    add(PersonalData.NATIONAL_ID, "US SSN", new Faker(Locale.US, random).idNumber().ssnValid());
  }

  private static String grouped(String text, String separator, int... sizes) {
    List<String> parts = new ArrayList<>();
    int at = 0;
    for (int size : sizes) {
      parts.add(text.substring(at, at + size));
      at += size;
    }
    return String.join(separator, parts);
  }

  private static String ean(String twelve) {
    int sum = 0;
    for (int k = 0; k < 12; k++) {
      sum += (twelve.charAt(k) - '0') * (k % 2 == 0 ? 1 : 3);
    }
    return twelve + (10 - sum % 10) % 10;
  }

  private String germanTax() {
    List<Integer> pool = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    Collections.shuffle(pool, random);
    pool.set(9, pool.get(random.nextInt(9)));
    Collections.shuffle(pool, random);
    if (pool.getFirst() == 0) {
      Collections.reverse(pool);
      if (pool.getFirst() == 0) {
        return germanTax();
      }
    }
    int product = 10;
    StringBuilder text = new StringBuilder();
    for (int digit : pool) {
      text.append(digit);
      int sum = (digit + product) % 10;
      product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    int check = 11 - product;
    return text.append(check == 10 ? 0 : check).toString();
  }

  private String birthday() {
    return "%02d%02d".formatted(1 + random.nextInt(28), 1 + random.nextInt(12));
  }

  private String austrian() {
    String serial = filled("%##");
    String day = birthday() + digits(2);
    int[] weights = {3, 7, 9, 5, 8, 4, 2, 1, 6};
    int sum = 0;
    for (int k = 0; k < 9; k++) {
      sum += weights[k] * ((serial + day).charAt(k) - '0');
    }
    if (sum % 11 == 10) {
      return austrian();
    }
    return any(serial + sum % 11 + " " + day, "SVNR " + serial + sum % 11 + day);
  }

  private String bsn() {
    String eight = filled("%#######");
    int sum = 0;
    for (int k = 0; k < 8; k++) {
      sum += (9 - k) * (eight.charAt(k) - '0');
    }
    return sum % 11 == 10 ? bsn() : eight + sum % 11;
  }

  private String belgian() {
    int year = random.nextInt(100);
    String nine =
        "%02d%02d%02d%03d"
            .formatted(
                year, 1 + random.nextInt(12), 1 + random.nextInt(28), 1 + random.nextInt(997));
    long number = Long.parseLong((year < 25 ? "2" : "") + nine);
    String all = nine + "%02d".formatted(97 - number % 97);
    return any(all, all.replaceAll("(..)(..)(..)(...)(..)", "$1.$2.$3-$4.$5"));
  }

  private String nhs() {
    String nine = filled("%########");
    int sum = 0;
    for (int k = 0; k < 9; k++) {
      sum += (10 - k) * (nine.charAt(k) - '0');
    }
    int check = 11 - sum % 11;
    return check == 10 ? nhs() : nine + check % 11;
  }

  private void addresses() {
    add(PersonalData.IP_ADDRESS, "IPv4", faker().internet().publicIpV4Address());
    add(PersonalData.IP_ADDRESS, "IPv6", faker().internet().ipV6Address());
    add(
        PersonalData.IP_ADDRESS,
        "IPv6, shortened",
        "%x:%x::%x"
            .formatted(
                0x2001 + random.nextInt(0xF00),
                0x1000 + random.nextInt(0xEFFF),
                1 + random.nextInt(0xFFF)));
  }

  private static final String ALNUM =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  private void credentials() {
    add(
        PersonalData.CREDENTIAL,
        "keys with a published prefix",
        any(
            "AKIA" + letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
            "ghp_" + letters(ALNUM, 36),
            "sk-proj-" + letters(ALNUM, 48),
            "sk-ant-api03-" + letters(ALNUM, 60),
            "AIza" + letters(ALNUM, 35),
            "xoxb-" + digits(12) + "-" + letters(ALNUM, 24),
            "glpat-" + letters(ALNUM, 20),
            "sk_live_" + letters(ALNUM, 24)));
    add(
        PersonalData.CREDENTIAL,
        "JWT",
        "eyJ" + letters(ALNUM, 33) + ".eyJ" + letters(ALNUM, 60) + "." + letters(ALNUM, 43));
    add(
        PersonalData.CREDENTIAL,
        "private key block",
        "-----BEGIN "
            + any("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")
            + "PRIVATE KEY-----\n"
            + letters(ALNUM, 64));
    add(
        PersonalData.CREDENTIAL,
        "password in a URL",
        any("postgres", "https", "amqp", "mongodb")
            + "://admin:"
            + letters(ALNUM, 10)
            + "@db.intern:5432/x");
    String secret = letters("abcdefghkmnpqrstuvwxyz", 5) + digits(2) + letters(ALNUM, 2) + "!";
    add(
        PersonalData.CREDENTIAL,
        "after a name",
        any(
                "Passwort: ",
                "password=",
                "mot de passe : ",
                "contraseña: ",
                "wachtwoord: ",
                "DB_PASSWORD=\"",
                "api_key: '" + digits(4) + letters(ALNUM, 20))
            + secret);
  }
}
