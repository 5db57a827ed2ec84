package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.fail;

import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.DynamicTest;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** What pytest wrote of a run, as tests of JUnit that fail with Python's own traceback. */
final class PytestReport {

  private PytestReport() {}

  static List<DynamicTest> read(Path report) throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    NodeList cases = parse(report).getElementsByTagName("testcase");
    for (int i = 0; i < cases.getLength(); i++) {
      tests.add(test((Element) cases.item(i)));
    }
    if (tests.isEmpty()) {
      throw new SiteException("pytest ran no test: " + report + " has none.");
    }
    return tests;
  }

  private static DynamicTest test(Element testCase) {
    Optional<String> problem =
        problem(testCase, "failure")
            .or(() -> problem(testCase, "error"))
            .or(() -> problem(testCase, "skipped"));
    return DynamicTest.dynamicTest(
        testCase.getAttribute("name"),
        () -> {
          if (problem.isPresent()) {
            fail(problem.get());
          }
        });
  }

  private static Optional<String> problem(Element testCase, String kind) {
    NodeList found = testCase.getElementsByTagName(kind);
    return found.getLength() == 0
        ? Optional.empty()
        : Optional.of("pytest tells of a " + kind + ":\n" + found.item(0).getTextContent());
  }

  private static Element parse(Path report) throws IOException {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      return factory.newDocumentBuilder().parse(report.toFile()).getDocumentElement();
    } catch (ParserConfigurationException | SAXException e) {
      throw new IOException("pytest's report cannot be read: " + e, e);
    }
  }
}
