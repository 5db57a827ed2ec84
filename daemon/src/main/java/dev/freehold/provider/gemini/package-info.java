/**
 * Google's Gemini API ({@code v1beta}, with an API key). Shapes: Google's API reference,
 * generateContent and batchEmbedContents.
 *
 * <p>What would change what a client is promised and has no place there is refused before anything
 * is sent; what only tunes how tokens are chosen is left out.
 */
package dev.freehold.provider.gemini;
