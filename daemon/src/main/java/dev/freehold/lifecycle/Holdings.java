package dev.freehold.lifecycle;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Who holds how much of the models' memory at this moment. May be used from any thread. */
final class Holdings {

  private final List<Holding> held = new ArrayList<>();

  /** The memory of one loaded model, until it is released. */
  final class Holding {

    private final Claim claim;
    private boolean leaving;

    private Holding(Claim claim) {
      this.claim = claim;
    }

    Claim claim() {
      return claim;
    }

    /** Its model has been let go: the memory will be free without anybody's doing. */
    void leaves() {
      synchronized (Holdings.this) {
        leaving = true;
      }
    }

    /** Its model is closed. */
    void release() {
      synchronized (Holdings.this) {
        held.remove(this);
      }
    }
  }

  synchronized Holding hold(Claim claim) {
    Holding holding = new Holding(claim);
    held.add(holding);
    return holding;
  }

  /** Everything that is held. */
  synchronized List<Claim> all() {
    return held.stream().map(Holding::claim).toList();
  }

  /** What is held by models that have not been let go. */
  synchronized List<Claim> staying() {
    return held.stream().filter(holding -> !holding.leaving).map(Holding::claim).toList();
  }

  synchronized long totalBytes() {
    return Claim.totalBytes(all());
  }

  /** What the model of that name holds, one that it replaced included; empty if nothing. */
  synchronized OptionalLong bytesOf(String model) {
    List<Claim> claims = all().stream().filter(claim -> claim.model().equals(model)).toList();
    return claims.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Claim.totalBytes(claims));
  }
}
