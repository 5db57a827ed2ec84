/**
 * Joins the neutral form of inference to llama.cpp's chat library: templates, tool calls and
 * reasoning. llama.cpp's JSON begins and ends in this package.
 *
 * <p>A {@link dev.freehold.chat.ChatFormat} belongs to one model and may be used from any thread; a
 * {@link dev.freehold.chat.RenderedPrompt} and an {@link dev.freehold.chat.AnswerReader} belong to
 * one request.
 */
package dev.freehold.chat;
