package dev.freehold.hardwaretests.benchmark;

import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a gateway adds to a request: a box over mutual TLS with everything on, beside Portkey's
 * gateway and LiteLLM over plain HTTP, all before the same mock and asked by the same client.
 *
 * <p>In each round everyone has a turn, another one first each time, so that a change of the
 * machine's mood meets all; what is told is the median of the rounds. The client is as small as it
 * gets, since it shares the cores with those it measures.
 *
 * <p>Arguments: the folder to run in, the rounds.
 */
public final class GatewayBenchmark {

  /** A gateway runs for weeks: its code is compiled, its connections are open. So are they here. */
  private static final long WARM_UP_NANOS = 20_000_000_000L;

  private static final int WARM_UP_CLIENTS = 4;

  /** Before the first that counts, on each connection. */
  private static final int FIRST_REQUESTS = 20;

  /** Of one client, in each round. */
  private static final int REQUESTS = 400;

  private static final List<Integer> CLIENTS = List.of(1, 4, 16, 64);
  private static final long THROUGHPUT_NANOS = 1_500_000_000L;

  /** At a time, in each round. */
  private static final int STREAMS = 4;

  private static final String QUESTION =
      "Our supplier in Lyon has sent the offer for the new meeting room chairs: forty pieces, ten"
          + " weeks, free delivery. Please write two friendly sentences that ask whether six weeks"
          + " would be possible, and thank Monsieur Dubois for his patience.";

  private final int rounds;
  private final Contenders contenders;
  private final Map<Contender, List<GatewayRound>> results = new LinkedHashMap<>();

  private GatewayBenchmark(int rounds, Contenders contenders) {
    this.rounds = rounds;
    this.contenders = contenders;
    contenders.all().forEach(contender -> results.put(contender, new ArrayList<>()));
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 2) {
      System.err.println("usage: GatewayBenchmark FOLDER ROUNDS");
      System.exit(2);
    }
    try (Contenders contenders = Contenders.start(Path.of(args[0]))) {
      new GatewayBenchmark(Integer.parseInt(args[1]), contenders).run();
    }
  }

  private void run() throws IOException, InterruptedException {
    for (Contender contender : contenders.all()) {
      say("warming " + contender.name() + " up");
      throughput(contender, WARM_UP_CLIENTS, WARM_UP_NANOS);
      streams(contender);
    }
    for (int round = 0; round < rounds; round++) {
      List<Contender> order = new ArrayList<>(contenders.all());
      Collections.rotate(order, -round);
      for (Contender contender : order) {
        say("round " + (round + 1) + " of " + rounds + ": " + contender.name());
        results.get(contender).add(measure(contender));
      }
    }
    System.out.print(GatewayTable.of(contenders, results, rounds * REQUESTS));
  }

  private GatewayRound measure(Contender contender) throws IOException, InterruptedException {
    Times requests = requests(contender);
    Map<Integer, Double> perSecond = new LinkedHashMap<>();
    for (int clients : CLIENTS) {
      perSecond.put(clients, throughput(contender, clients, THROUGHPUT_NANOS));
    }
    List<PacedStream> streams = streams(contender);
    return new GatewayRound(
        requests,
        perSecond,
        new Times(streams.stream().map(PacedStream::firstTextNanos).toList()),
        new Times(streams.stream().flatMap(stream -> stream.gapsNanos().stream()).toList()),
        streams.stream().mapToInt(PacedStream::lost).sum());
  }

  /** One client on one connection. */
  private static Times requests(Contender contender) throws IOException {
    byte[] request = contender.request(QUESTION, false);
    List<Long> nanos = new ArrayList<>(REQUESTS);
    try (KeptConnection connection = contender.connect()) {
      for (int i = 0; i < FIRST_REQUESTS; i++) {
        connection.ask(request);
      }
      for (int i = 0; i < REQUESTS; i++) {
        nanos.add(connection.ask(request));
      }
      contender.check(connection);
    }
    return new Times(nanos);
  }

  /** Requests a second of several clients, each on a connection that is open before. */
  private static double throughput(Contender contender, int clients, long nanos)
      throws IOException, InterruptedException {
    byte[] request = contender.request(QUESTION, false);
    AtomicLong answered = new AtomicLong();
    List<KeptConnection> connections = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(clients)) {
      for (int i = 0; i < clients; i++) {
        connections.add(contender.connect());
        connections.getLast().ask(request);
      }
      long startNanos = System.nanoTime();
      List<Future<?>> running = new ArrayList<>();
      for (KeptConnection connection : connections) {
        running.add(
            executor.submit(
                () -> {
                  while (System.nanoTime() - startNanos < nanos) {
                    connection.ask(request);
                    answered.incrementAndGet();
                  }
                  contender.check(connection);
                  return null;
                }));
      }
      await(running);
      return answered.get() * 1e9 / (System.nanoTime() - startNanos);
    } finally {
      connections.forEach(KeptConnection::close);
    }
  }

  /** Several streams at a time, each on a connection that is open before. */
  private static List<PacedStream> streams(Contender contender)
      throws IOException, InterruptedException {
    byte[] plain = contender.request(QUESTION, false);
    byte[] paced = contender.request(QUESTION + " " + MockUpstream.PACED, true);
    List<KeptConnection> connections = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(STREAMS)) {
      for (int i = 0; i < STREAMS; i++) {
        connections.add(contender.connect());
        connections.getLast().ask(plain);
      }
      return await(
          connections.stream()
              .map(connection -> executor.submit(() -> PacedStream.receive(connection, paced)))
              .toList());
    } finally {
      connections.forEach(KeptConnection::close);
    }
  }

  private static <T> List<T> await(List<? extends Future<? extends T>> running)
      throws InterruptedException {
    List<T> results = new ArrayList<>();
    for (Future<? extends T> one : running) {
      try {
        results.add(one.get());
      } catch (ExecutionException e) {
        throw new SiteException("A client failed: " + e.getCause(), e.getCause());
      }
    }
    return results;
  }

  private static void say(String what) {
    System.err.println("gateway benchmark: " + what);
  }
}
