/**
 * Cohere's own API, version 2, rather than its OpenAI-compatible one: that has chat and embeddings,
 * but no ranking, which is what many an office wants Cohere for, and no kinds of input for vectors.
 *
 * <p>Source: Cohere's API reference, v2: chat with streaming, embed, rerank.
 */
package dev.freehold.provider.cohere;
