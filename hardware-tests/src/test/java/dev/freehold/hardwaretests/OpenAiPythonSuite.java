package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Site;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** The official OpenAI SDK for Python, unmodified: its scenarios are in {@code test_openai.py}. */
@ExtendWith(OfficeSite.class)
final class OpenAiPythonSuite {

  private final Site site;

  OpenAiPythonSuite(Site site) {
    this.site = site;
  }

  @TestFactory
  List<DynamicTest> sdkWorks() {
    ClientIdentity alice = site.client("alice", "everyone");
    return PythonSdk.installed().tests("test_openai.py", OfficeSite.environment(site, alice));
  }
}
