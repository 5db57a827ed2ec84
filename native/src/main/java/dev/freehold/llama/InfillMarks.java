package dev.freehold.llama;

import java.util.OptionalInt;

/**
 * Control tokens around the parts of a gap to fill. Models are taught the order before, after, gap;
 * what follows the last mark is what fills it (Bavarian et al., arXiv 2207.14255).
 *
 * @param before stands before the text that precedes the gap
 * @param after stands before the text that follows it
 * @param gap where the model goes on
 * @param repository stands before a repository's name (arXiv 2409.12186)
 * @param file stands before the name of each of its files
 */
public record InfillMarks(
    int before, int after, int gap, OptionalInt repository, OptionalInt file) {}
