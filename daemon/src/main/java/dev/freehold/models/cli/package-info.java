/** The command {@code freehold models}: thin, everything it does is in {@code models}. */
package dev.freehold.models.cli;
