package dev.freehold.api.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Rows under titles, each column as wide as its widest text. */
final class Table {

  private static final String GAP = "  ";

  private final List<List<String>> rows = new ArrayList<>();
  private final int figuresFrom;
  private final int figures;

  /**
   * Begins a table.
   *
   * @param figuresFrom the first column that is aligned at its end
   * @param figures how many of those there are
   */
  Table(List<String> titles, int figuresFrom, int figures) {
    rows.add(titles);
    this.figuresFrom = figuresFrom;
    this.figures = figures;
  }

  void add(List<String> row) {
    if (row.size() != rows.getFirst().size()) {
      throw new IllegalArgumentException(
          "a row must have %d columns, found %d".formatted(rows.getFirst().size(), row.size()));
    }
    rows.add(List.copyOf(row));
  }

  void print(PrintWriter out) {
    int[] widths = new int[rows.getFirst().size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String blank = " ".repeat(widths[i] - row.get(i).length());
        boolean atEnd = i >= figuresFrom && i < figuresFrom + figures;
        line.append(i == 0 ? "" : GAP);
        line.append(atEnd ? blank + row.get(i) : row.get(i) + blank);
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
