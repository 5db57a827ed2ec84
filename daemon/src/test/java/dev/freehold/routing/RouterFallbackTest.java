package dev.freehold.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.provider.FakeProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a request that was decided: who is asked after whom, and what is let go. */
class RouterFallbackTest extends RoutedTest {

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {
        "OVERLOADED",
        "UNAVAILABLE",
        "PROVIDER_REFUSED",
        "PROVIDER_FAILED",
        "TIMED_OUT",
        "CONTEXT_TOO_LONG",
        "INTERNAL"
      })
  void failureBeforeOutputFallsBack(Kind kind) throws Exception {
    local.fails(kind);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(new InferenceEvent.TextDelta("hub"), stream.next());
      assertEquals("hub", stream.candidate().orElseThrow().name());
      assertEquals("local", stream.failures().getFirst().provider());
      assertInstanceOf(InferenceEvent.Finished.class, stream.next());
    }
    assertEquals("r-1", local.awaitClosed());
  }

  @Test
  void requestThatTheEngineFindsWrongIsNotTriedElsewhere() throws Exception {
    local.fails(Kind.INVALID_REQUEST);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(
          Kind.INVALID_REQUEST, assertThrows(InferenceException.class, stream::next).kind());
    }
    assertTrue(hub.attempts().isEmpty());
  }

  @Test
  void requestThatAForeignProviderDoesNotAcceptIsTriedElsewhere() throws Exception {
    models.queueSeconds(5);
    hub.fails(Kind.INVALID_REQUEST);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(new InferenceEvent.TextDelta("helvet"), stream.next());
    }
  }

  @Test
  void fallbackStaysInsideLocality() throws Exception {
    local.fails(Kind.PROVIDER_FAILED);
    hub.fails(Kind.PROVIDER_FAILED);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "legal"));
        RoutedStream stream = admitted(routed).open()) {
      assertThrows(InferenceException.class, stream::next);
    }
    assertTrue(helvet.attempts().isEmpty());
    assertTrue(claude.attempts().isEmpty());
  }

  @Test
  void failureAfterOutputIsPassedOn() throws Exception {
    local.plays(List.of(FakeProvider.say("x"), FakeProvider.breaks(Kind.PROVIDER_FAILED)));
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      stream.next();
      assertEquals(
          Kind.PROVIDER_FAILED, assertThrows(InferenceException.class, stream::next).kind());
    }
    assertTrue(hub.attempts().isEmpty());
  }

  @Test
  void whenAllFailTheMostTellingFailureIsReported() throws Exception {
    local.fails(Kind.OVERLOADED);
    hub.fails(Kind.PROVIDER_FAILED);
    helvet.fails(Kind.PROVIDER_REFUSED);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(Kind.OVERLOADED, assertThrows(InferenceException.class, stream::next).kind());
      assertEquals(3, stream.failures().size());
    }
  }

  @Test
  void oneDeadlineHoldsForTheWholeChain() throws Exception {
    router = router(NOON, Duration.ofMillis(150), Instant.MAX);
    CountDownLatch never = new CountDownLatch(1);
    local.plays(List.of(new FakeProvider.Step.Await(never)));
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(Kind.TIMED_OUT, assertThrows(InferenceException.class, stream::next).kind());
    }
    assertTrue(hub.attempts().isEmpty(), "no time is left for another attempt");
  }

  @Test
  void closingFromAnotherThreadEndsTheAttemptAndTriesNoOther() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    local.plays(List.of(new FakeProvider.Step.Await(never)));
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      Future<InferenceEvent> first = executor.submit(stream::next);
      while (local.attempts().isEmpty()) {
        Thread.onSpinWait();
      }
      executor.submit(stream::close).get();
      ExecutionException e = assertThrows(ExecutionException.class, first::get);
      assertEquals(Kind.CANCELLED, ((InferenceException) e.getCause()).kind());
    }
    assertTrue(hub.attempts().isEmpty());
  }

  @Test
  void requestThatWasDecidedKeepsItsDecisionWhenThePolicyChanges() throws Exception {
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      router.apply(RoutingTable.empty());
      assertEquals(new InferenceEvent.TextDelta("local"), stream.next());
    }
  }

  @Test
  void preparedPromptIsClosedWithTheRequest() throws Exception {
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"))) {
      assertEquals(1, models.openPrompts());
      assertTrue(routed.decision().promptTokensExact());
    }
    assertEquals(0, models.openPrompts());
  }

  @Test
  void preparedPromptIsKeptWhileThisBoxAnswersAndNoLonger() throws Exception {
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      stream.next();
      assertEquals(1, models.openPrompts());
    }
    assertEquals(0, models.openPrompts());

    local.fails(Kind.OVERLOADED);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      stream.next();
      assertEquals(0, models.openPrompts());
      Candidate hubAnswers = stream.candidate().orElseThrow();
      try (RoutedStream another = routed.openAnother(1, hubAnswers)) {
        assertEquals(new InferenceEvent.TextDelta("hub"), another.next());
      }
    }
    assertEquals(0, models.openPrompts());
  }
}
