/**
 * Anthropic's Messages API. Shapes: Anthropic's API reference and the types of its own SDKs,
 * version 2023-06-01.
 *
 * <p>What would change what a client is promised and has no place there is refused before anything
 * is sent; what only tunes how tokens are chosen is left out.
 */
package dev.freehold.provider.anthropic;
