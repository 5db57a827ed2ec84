package dev.freehold.hardwaretests.underfault;

/** What a provider does with a request that has reached it. */
enum Fault {
  NONE,
  HANGS,
  LIMITED,
  LIMITED_WITH_WAIT,
  SERVER_ERROR,
  MALFORMED,
  CUT,
  DRIPS,
  ECHOES_KEY,
  ANOTHER_TYPE
}
