/**
 * Benchmarks with the peer beside us: the same machine, the same run, the same build of llama.cpp,
 * taking turns. Each is one command that prints a table; none is a test.
 */
package dev.freehold.hardwaretests.benchmark;
