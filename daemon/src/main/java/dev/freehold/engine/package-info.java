/**
 * Continuous batching over llama.cpp: tokens and images in, text, vectors or scores out.
 *
 * <p>One platform thread, {@code freehold-engine}, owns the context, the batch and the slots of one
 * model. Everybody else reaches it through a bounded queue and gets a {@link
 * dev.freehold.engine.Generation} back, whose text it reads from a bounded ring. What always holds:
 *
 * <ul>
 *   <li>running streams decode in every step; prompts share what room the step has left;
 *   <li>a sequence runs only inside the KV cells reserved for it, so one request's overflow never
 *       fails another;
 *   <li>a reader that does not read loses its own stream and delays nobody;
 *   <li>images are computed before a request is queued, by {@link
 *       dev.freehold.engine.ImageEncoder}'s thread, and decoded a part a step;
 *   <li>the engine knows tokens and bytes, never JSON, HTTP or who asks.
 * </ul>
 *
 * <p>A model that makes vectors or scores instead of text has an {@link
 * dev.freehold.engine.EmbeddingEngine}, with a thread of its own, {@code freehold-embedding}.
 */
package dev.freehold.engine;
