/**
 * The neutral form of one request for inference and of what answers it.
 *
 * <p>Each surface of the LAN API translates into this form once, each provider translates out of it
 * once. The records are immutable and may cross threads; they know nothing of HTTP, of JSON or of
 * llama.cpp. Their {@code toString} never shows a prompt or an answer, so that a record that lands
 * in a log line by accident gives nothing away.
 */
package dev.freehold.inference;
