package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.Site;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The official Anthropic SDK for Python, unmodified: its scenarios are in {@code
 * test_anthropic.py}.
 */
@ExtendWith(OfficeSite.class)
final class AnthropicPythonSuite {

  @TestFactory
  List<DynamicTest> sdkWorks(Site site) {
    return OfficeSite.pythonTests(site, "test_anthropic.py");
  }
}
