/**
 * OpenAI's API as providers speak it: a vendor, llama-server, vLLM, and whoever else says that it
 * is compatible. Shapes: OpenAI's API reference, chat, completions and embeddings; Cohere's for
 * ranking, as llama-server and vLLM took it over.
 */
package dev.freehold.provider.openai;
