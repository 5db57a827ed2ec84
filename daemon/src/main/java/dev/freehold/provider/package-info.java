/**
 * What answers inference: the local engine, and any provider that speaks OpenAI's API.
 *
 * <p>A provider is stateless towards routing: it gets one {@link dev.freehold.provider.Attempt} and
 * returns one stream. It never chooses another provider, never retries elsewhere and never logs
 * content. All its methods may be called from any virtual thread.
 *
 * <p>The box's own models stand in {@link dev.freehold.provider.LocalProvider}, under its one lock:
 * which are served, and where the others stand. A request holds a lease of the model that prepared
 * it, and a model that was let go is closed when its last lease ends, so that loading, replacing
 * and letting go fail nobody.
 */
package dev.freehold.provider;
