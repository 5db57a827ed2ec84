package dev.freehold.detection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.PersonalData;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers that the authorities themselves publish as examples. */
class NationalIdsTest {

  private final PersonalDataDetector detector = new PersonalDataDetector();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "756.9217.0769.85",
        "7569217076985", // Switzerland
        "86 095 742 719",
        "47036892816", // Germany
        "Ausweis L01X00T471",
        "Personalausweis T220001293",
        "2 55 08 14 168 025 38",
        "255081416802538", // France
        "RSSMRA85T10A562S",
        "RSS MRA 85T10 A562S", // Italy
        "12345678Z",
        "12.345.678-Z",
        "X1234567L",
        "X-1234567-L",
        "DNI 12345678 Z", // Spain
        "1237 010180",
        "SVNR 1237010180", // Austria
        "BSN 111222333",
        "BSN: 1112.22.333", // the Netherlands
        "85.07.30-033.28",
        "85073003328", // Belgium
        "44051401359", // Poland
        "AB123456C",
        "AB 12 34 56 C",
        "NHS 943 476 5919", // the United Kingdom
        "219-09-9998",
        "social security 219099998" // the United States
      })
  void publishedExampleIsFound(String text) {
    Set<PersonalData> kinds = detector.scan(Requests.saying("about " + text + ", please")).kinds();
    assertTrue(kinds.contains(PersonalData.NATIONAL_ID), kinds::toString);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "756.9217.0769.84",
        "86 095 742 718",
        "47036892817",
        "2 55 08 14 168 025 39",
        "RSSMRA85T10A562T",
        "12345678A",
        "X1234567M",
        "1238 010180",
        "BSN 111222334",
        "85.07.30-033.29",
        "44051401358",
        "QQ123456C",
        "AB123456E",
        "NHS 943 476 5918",
        "000-09-9998",
        "666-09-9998",
        "111222333",
        "1237010180",
        "943 476 5919",
        "L01X00T47"
      })
  void oneWrongDigitOrNoContextIsNoNationalNumber(String text) {
    assertFalse(
        detector
            .scan(Requests.saying("about " + text + ", please"))
            .kinds()
            .contains(PersonalData.NATIONAL_ID));
  }

  @Test
  void cutNumbersNeverFail() {
    String all =
        "756.9217.0769.85 X-1234567-L AB 12 34 56 C 1 84 12 2A 451 089 46 RSS MRA 85T10 A562S";
    for (int from = 0; from < all.length(); from++) {
      for (int to = from; to <= all.length(); to++) {
        assertEquals(Set.of(), detector.scan(Requests.saying(all.substring(from, to))).unread());
      }
    }
  }
}
