package dev.freehold.hardwaretests.benchmark;

import java.util.List;

/** Times that were measured, for their percentiles. */
record Times(List<Long> sortedNanos) {

  Times {
    sortedNanos = sortedNanos.stream().sorted().toList();
  }

  /** The value that a part of all values does not exceed, in milliseconds. */
  double millis(double part) {
    int index = (int) Math.ceil(part * sortedNanos.size()) - 1;
    return sortedNanos.get(Math.clamp(index, 0, sortedNanos.size() - 1)) / 1e6;
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
