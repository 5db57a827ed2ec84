/**
 * The commands of {@code freehold receipts}. They read the files themselves, whether a daemon runs
 * or not; only {@code export} writes one.
 */
package dev.freehold.receipts.cli;
