/**
 * Files that tests write for themselves, where no real one can be had: projectors and adapters of a
 * few kilobytes with random weights, and images. They compute nothing sensible, but llama.cpp loads
 * and runs them as it would real ones. Other modules' tests use them through this module's test
 * jar.
 */
package dev.freehold.llama.tiny;
