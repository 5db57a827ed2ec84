package dev.freehold.routing;

import dev.freehold.bundle.policy.Label;
import dev.freehold.detection.Findings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * How sensitive a request is and what says so: the highest of its client's groups, of what the
 * client declares and of what is found in it.
 *
 * @param raisedBy such as {@code group legal}, {@code header} or {@code detected iban}
 */
record Labelling(Label label, List<String> raisedBy) {

  Labelling {
    raisedBy = List.copyOf(raisedBy);
  }

  /** Labels a request of a caller whose groups ask for a label at least. */
  static Labelling of(
      RoutingTable table, Label ofGroups, Inquiry inquiry, Findings findings, Instant now) {
    Label ofContent = findings.label(table.detect());
    Label label = inquiry.declaredLabel().map(ofGroups::atLeast).orElse(ofGroups);
    label = label.atLeast(ofContent);
    List<String> raisedBy = new ArrayList<>();
    if (table.isExpired(now)) {
      raisedBy.add("no valid policy");
    } else if (ofGroups == label) {
      table.groupsOf(inquiry.caller(), label).forEach(group -> raisedBy.add("group " + group));
    }
    if (inquiry.declaredLabel().isPresent() && inquiry.declaredLabel().get() == label) {
      raisedBy.add("header");
    }
    if (ofContent == label) {
      findings.raisedBy(table.detect()).forEach(kind -> raisedBy.add("detected " + kind));
    }
    return new Labelling(label, raisedBy);
  }
}
