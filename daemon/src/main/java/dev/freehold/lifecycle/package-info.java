/**
 * Start-up, shutdown and the {@code freehold} command: the only place that sees every other
 * package.
 *
 * <p>{@link dev.freehold.lifecycle.Box} starts the daemon in named phases and closes it in reverse.
 * Nothing here decides how a request is answered.
 */
package dev.freehold.lifecycle;
