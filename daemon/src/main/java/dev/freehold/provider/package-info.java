/**
 * What answers inference: the local engine, and any provider that speaks OpenAI's API.
 *
 * <p>A provider is stateless towards routing: it gets one {@link dev.freehold.provider.Attempt} and
 * returns one stream. It never chooses another provider, never retries elsewhere and never logs
 * content. All its methods may be called from any virtual thread.
 */
package dev.freehold.provider;
