package dev.freehold.detection;

import java.util.Locale;

/**
 * Words before a number that say what it is. A word with a star at its end may go on ("telefon*" is
 * also in "Telefonnummer"); all are lower case.
 */
final class Context {

  /** How many characters before a candidate are looked at. */
  private static final int CHARACTERS = 48;

  static final String[] PHONE = {
    "tel",
    "tél",
    "telefon*",
    "telephon*",
    "téléphon*",
    "teléfono*",
    "telefono*",
    "telefoon*",
    "phone*",
    "mobil*",
    "móvil*",
    "natel*",
    "handy*",
    "cell",
    "cellulare*",
    "celular*",
    "portable",
    "fax*",
    "gsm",
    "komórk*",
    "komork*",
    "nr tel*",
    "call",
    "ruf",
    "rufen",
    "anrufen",
    "appel*",
    "llama*",
    "chiama*",
    "bel",
    "zadzwoń",
    "dzwoń",
    "whatsapp",
    "sms",
    "durchwahl",
    "rückruf*",
    "rappel*",
    "erreichbar",
    "joindre",
    "numer tel*",
    "hotline"
  };
  static final String[] NL_BSN = {"bsn*", "burgerservice*", "sofi*", "citizen service*"};
  static final String[] UK_NHS = {"nhs*"};
  static final String[] US_SSN = {"ssn*", "social security*"};
  static final String[] AT_SVNR = {
    "svnr*", "sv", "sozialversicherung*", "vsnr*", "versicherungsnummer*", "e-card*", "ecard*"
  };
  static final String[] FR_NIR = {"nir", "sécu*", "secu*", "sécurité sociale*", "insee", "n° ss"};
  static final String[] ES_DNI = {"dni*", "nif*", "nie*", "documento*"};
  static final String[] DE_CARD = {
    "ausweis*",
    "personalausweis*",
    "identity card*",
    "id card*",
    "reisepass*",
    "pass-nr*",
    "passnummer*"
  };
  static final String[] UK_NINO = {"nino", "national insurance*", "ni number*"};
  static final String[] VERSION = {
    "version*",
    "ver",
    "release*",
    "v",
    "build*",
    "firmware*",
    "upgrade*",
    "driver*",
    "treiber*",
    "chrome",
    "edg",
    "kapitel",
    "section",
    "§",
    "chapter",
    "art",
    "abschnitt",
    "ziffer",
    "oid"
  };

  private Context() {}

  /** Whether one of the words stands shortly before. */
  static boolean before(char[] text, int at, String[] words) {
    return before(text, at, words, CHARACTERS);
  }

  /** As above, no further away than so many characters. */
  static boolean before(char[] text, int at, String[] words, int characters) {
    int from = Math.max(0, at - characters);
    String window = new String(text, from, at - from).toLowerCase(Locale.ROOT);
    for (String word : words) {
      boolean open = word.endsWith("*");
      String stem = open ? word.substring(0, word.length() - 1) : word;
      int k = window.indexOf(stem);
      while (k >= 0) {
        int after = k + stem.length();
        boolean starts =
            k == 0
                ? from == 0 || !TextScan.isLetter(text[from - 1])
                : !TextScan.isLetter(window.charAt(k - 1));
        if (starts
            && (open || after == window.length() || !TextScan.isLetter(window.charAt(after)))) {
          return true;
        }
        k = window.indexOf(stem, k + 1);
      }
    }
    return false;
  }
}
