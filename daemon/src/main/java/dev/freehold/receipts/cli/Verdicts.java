package dev.freehold.receipts.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.receipts.Verdict;
import java.io.PrintWriter;

/** Puts a verdict into words, or into JSON. */
final class Verdicts {

  private Verdicts() {}

  static void print(PrintWriter out, Verdict verdict, boolean ownRoot) {
    switch (verdict) {
      case Verdict.Broken broken -> {
        out.printf("NOT INTACT: %s%n", broken.kind().text());
        out.printf(
            "  %s%s: %s%n",
            broken.place(),
            broken.sequence().map(" (number %d)"::formatted).orElse(""),
            broken.message());
      }
      case Verdict.Intact intact -> print(out, intact, ownRoot);
    }
  }

  private static void print(PrintWriter out, Verdict.Intact intact, boolean ownRoot) {
    out.printf("intact: receipts of box %s%n", intact.box());
    line(
        out, "lines", "1 to %d, %s to %s".formatted(intact.lines(), intact.first(), intact.last()));
    line(
        out,
        "signed",
        "up to %d at %s, %d signatures verified"
            .formatted(intact.signedUpTo(), intact.signedAt(), intact.heads()));
    line(
        out,
        "not signed",
        "%d lines after it, which only follow from each other".formatted(intact.unsigned()));
    if (intact.unfinishedBytes() > 0) {
      line(out, "unfinished", "%d bytes of a last line".formatted(intact.unfinishedBytes()));
    }
    line(
        out,
        "held",
        intact.held().isPresent()
            ? "agrees with the head held elsewhere, of line " + intact.held().getAsLong()
            : "no --head given: lines cut from the end would not be missed");
    if (ownRoot) {
      line(out, "root", "no --trust-root given: checked against what the box itself believes");
    }
    if (intact.clockSetBack() > 0) {
      line(out, "clock", "set back %d times, as the box noted".formatted(intact.clockSetBack()));
    }
    if (intact.recovered() > 0) {
      line(
          out,
          "power",
          "%d times the end was damaged and moved aside".formatted(intact.recovered()));
    }
    if (intact.headsOutOfValidity() > 0) {
      line(
          out,
          "validity",
          "%d heads are of a time when the device certificate was not valid"
              .formatted(intact.headsOutOfValidity()));
    }
  }

  private static void line(PrintWriter out, String name, String value) {
    out.printf("  %-11s %s%n", name, value);
  }

  static ObjectNode json(Verdict verdict) {
    ObjectNode json = new ObjectNode(JsonNodeFactory.instance);
    switch (verdict) {
      case Verdict.Broken broken -> {
        json.put("intact", false)
            .put("kind", broken.kind().text())
            .put("place", broken.place())
            .put("message", broken.message());
        broken.sequence().ifPresent(sequence -> json.put("sequence", sequence));
      }
      case Verdict.Intact intact -> {
        json.put("intact", true)
            .put("box", intact.box())
            .put("lines", intact.lines())
            .put("first", intact.first().toString())
            .put("last", intact.last().toString())
            .put("signedUpTo", intact.signedUpTo())
            .put("signedAt", intact.signedAt().toString())
            .put("unsigned", intact.unsigned())
            .put("unfinishedBytes", intact.unfinishedBytes())
            .put("heads", intact.heads())
            .put("headsOutOfValidity", intact.headsOutOfValidity())
            .put("clockSetBack", intact.clockSetBack())
            .put("recovered", intact.recovered());
        intact.held().ifPresent(sequence -> json.put("held", sequence));
      }
    }
    return json;
  }
}
