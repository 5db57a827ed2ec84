package dev.freehold.api;

/** The bodies that the tests of the Responses surface share. */
abstract class ServedResponses extends ServedTest {

  static final String PATH = "/v1/responses";
  static final String ASK = "{\"model\":\"assistant\",\"input\":\"hi there\"%s}";
  static final String STREAM = ASK.formatted(",\"stream\":true");
  static final String TOOLS =
      ",\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"description\":\"of a city\","
          + "\"parameters\":{\"type\":\"object\"},\"strict\":true}]";
}
