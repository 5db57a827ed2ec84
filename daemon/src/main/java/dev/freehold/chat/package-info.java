/**
 * Joins the neutral form of inference to llama.cpp's chat library: templates, tool calls and
 * reasoning, whose JSON begins and ends here. What a model reads is put into its tokens here as
 * well: conversations, gaps to fill, inputs and pairs to embed or rank; and schemas are bounded
 * before llama.cpp makes grammars of them.
 *
 * <p>A {@link dev.freehold.chat.ChatFormat} belongs to one model and may be used from any thread; a
 * {@link dev.freehold.chat.RenderedPrompt} and an {@link dev.freehold.chat.AnswerReader} belong to
 * one request.
 */
package dev.freehold.chat;
