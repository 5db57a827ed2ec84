package dev.freehold.models;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import dev.freehold.bundle.catalogue.Source;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** Gets a model's file from a hub by HTTPS, going on where an earlier fetch was broken off. */
final class HubSource {

  private static final Duration CONNECT_MAX = Duration.ofSeconds(20);
  private static final Duration HEADERS_MAX = Duration.ofSeconds(60);
  private static final Duration WATCH_EVERY = Duration.ofSeconds(1);
  private static final int BUFFER_BYTES = 1 << 18;

  private final ModelCache cache;
  private final FetchSettings settings;
  private final FetchProgress progress;

  HubSource(ModelCache cache, FetchSettings settings, FetchProgress progress) {
    this.cache = cache;
    this.settings = settings;
    this.progress = progress;
  }

  Path fetch(CatalogueEntry entry, Source.Hub source)
      throws ModelFetchException, IOException, InterruptedException {
    long startedNanos = System.nanoTime();
    URI address = address(source);
    Path part = cache.partsDirectory(entry).resolve("hub.part");
    try (HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_MAX)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build()) {
      download(client, address, entry, part);
    } catch (IOException e) {
      throw new ModelFetchException(
          address
              + " could not be read: "
              + e
              + ". What arrived is kept: check the network and fetch again to go on.",
          e);
    }
    try (ModelJoin join = new ModelJoin(entry, cache, progress, startedNanos);
        InputStream in = Files.newInputStream(part)) {
      join.append(in);
      return join.finish();
    }
  }

  private URI address(Source.Hub source) {
    String base = settings.hub().orElseThrow().toString();
    return URI.create(
        (base.endsWith("/") ? base : base + "/")
            + source.repo()
            + "/resolve/main/"
            + source.file());
  }

  private void download(HttpClient client, URI address, CatalogueEntry entry, Path part)
      throws IOException, ModelFetchException, InterruptedException {
    long haveBytes = Files.exists(part) ? Files.size(part) : 0;
    if (haveBytes == entry.sizeBytes()) {
      return;
    }
    HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(HEADERS_MAX);
    if (haveBytes > 0 && haveBytes < entry.sizeBytes()) {
      request.header("Range", "bytes=" + haveBytes + "-");
    }
    HttpResponse<InputStream> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      switch (response.statusCode()) {
        case 206 -> receive(body, entry, part, haveBytes);
        case 200 -> receive(body, entry, part, 0);
        default ->
            throw new ModelFetchException(
                "Expected the file at "
                    + address
                    + ", found HTTP status "
                    + response.statusCode()
                    + ". Check the hub's address.");
      }
    }
  }

  /** Reads on another thread, so that this one can report and give up when nothing arrives. */
  private void receive(InputStream body, CatalogueEntry entry, Path part, long fromByte)
      throws IOException, ModelFetchException, InterruptedException {
    AtomicLong arrivedBytes = new AtomicLong(fromByte);
    try (var reader = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletableFuture<Void> reading = new CompletableFuture<>();
      reader.execute(
          () -> {
            try {
              copy(body, entry, part, fromByte, arrivedBytes);
              reading.complete(null);
            } catch (IOException | RuntimeException e) {
              reading.completeExceptionally(e);
            }
          });
      try {
        watch(reading, arrivedBytes, entry);
      } finally {
        // Ends a read that still waits, so that the executor can close.
        body.close();
      }
    }
  }

  private void watch(CompletableFuture<Void> reading, AtomicLong arrivedBytes, CatalogueEntry entry)
      throws IOException, ModelFetchException, InterruptedException {
    long lastBytes = arrivedBytes.get();
    long grewNanos = System.nanoTime();
    while (true) {
      try {
        reading.get(WATCH_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException _) {
        long bytes = arrivedBytes.get();
        if (bytes != lastBytes) {
          lastBytes = bytes;
          grewNanos = System.nanoTime();
        } else if (System.nanoTime() - grewNanos > settings.stallMax().toNanos()) {
          throw new ModelFetchException(
              "Nothing has arrived from the hub for "
                  + settings.stallMax().toSeconds()
                  + " s. What arrived is kept: fetch again to go on.");
        }
        progress.report(new FetchStep.Fetching(entry.name(), 1, 1, bytes, entry.sizeBytes()));
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
      }
    }
  }

  private static void copy(
      InputStream body, CatalogueEntry entry, Path part, long fromByte, AtomicLong arrivedBytes)
      throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (FileChannel out =
        FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.truncate(fromByte).position(fromByte);
      int read;
      // One byte too many is enough for the join to refuse the file.
      while (arrivedBytes.get() <= entry.sizeBytes() && (read = body.read(buffer)) > 0) {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        arrivedBytes.addAndGet(read);
      }
    }
  }
}
