/**
 * Aleph Alpha's inference API as PhariaAI has it. Its OpenAI-compatible half serves more than its
 * own: {@code /chat/completions} has tools, images, schemas and probabilities, which {@code
 * /complete} has not, and {@code /embeddings} and {@code /rerank} beside it have the common form.
 *
 * <p>Source: the PhariaInference OpenAPI document, version 4.7.0.
 */
package dev.freehold.provider.alephalpha;
