package dev.freehold.hardwaretests;

import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The official Anthropic SDK for Python, unmodified: its scenarios are in {@code
 * test_anthropic.py}.
 */
@ExtendWith(OfficeSite.class)
class AnthropicPythonSuite {

  @TestFactory
  List<DynamicTest> sdkWorks(Office office) {
    return office.pythonTests("test_anthropic.py");
  }
}
