/**
 * llama.cpp for Java: loads models, decodes batches, samples tokens, applies chat templates.
 *
 * <p>Three layers, and a name of one never appears in another:
 *
 * <ol>
 *   <li>the façade, the public types of this package, in Java's terms;
 *   <li>the calls ({@code LibraryCalls}, {@code ModelCalls}, {@code ContextCalls}, {@code
 *       SamplerCalls}, {@code ChatCalls}, {@code VisionCalls}, {@code AdapterCalls}), one class for
 *       each area of {@code freehold_llama.h}, in C's shape;
 *   <li>the method handles inside them, named after the C function.
 * </ol>
 *
 * <p><b>What always holds.</b> Native failures are {@link dev.freehold.llama.LlamaException}s with
 * a reason and without prompt text. A closed object throws {@link IllegalStateException} when it is
 * used, a second close does nothing, and closing while another thread is inside a call waits for
 * nobody: the memory goes when the last call or the last dependent object is done with it.
 * Decoding, sampling and reading a piece allocate nothing on the Java heap.
 *
 * <p><b>Threads.</b> {@link dev.freehold.llama.Context}, {@link dev.freehold.llama.Batch}, {@link
 * dev.freehold.llama.ImageBatch} and {@link dev.freehold.llama.Sampler} belong to one thread at a
 * time, in Freehold the engine's; only {@link dev.freehold.llama.Context#requestAbort} may be
 * called from any. {@link dev.freehold.llama.Llama}, {@link dev.freehold.llama.Model}, {@link
 * dev.freehold.llama.ChatTemplates}, {@link dev.freehold.llama.ChatPrompt} and {@link
 * dev.freehold.llama.TokenBuffer} are immutable and may be used from any. So are {@link
 * dev.freehold.llama.VisionPrompt}, {@link dev.freehold.llama.ImageEmbeddings} and {@link
 * dev.freehold.llama.Adapter}. A {@link dev.freehold.llama.TokenPack} is filled by one thread
 * before others read it. A {@link dev.freehold.llama.Projector} tokenises on any and computes
 * images on one at a time, in Freehold its own.
 *
 * <p><b>Where memory lives.</b>
 *
 * <table>
 *   <caption>Arenas and their lifetimes</caption>
 *   <tr><th>lifetime</th><th>arena</th><th>holds</th><th>ends</th></tr>
 *   <tr><td>library</td><td>global</td><td>the loaded libraries and their symbols</td><td>never</td></tr>
 *   <tr><td>model</td><td>shared, one an object</td><td>a context's and a sampler's message buffer, the
 *       view of a prompt's text; the native objects behind them are llama.cpp's own</td>
 *       <td>with the object</td></tr>
 *   <tr><td>batch</td><td>shared, one a batch, token buffer or image</td><td>the arrays llama.cpp reads tokens
 *       and images from</td><td>with the batch or buffer</td></tr>
 *   <tr><td>call</td><td>confined</td><td>arguments, results and messages of one call</td>
 *       <td>when the call returns</td></tr>
 * </table>
 */
package dev.freehold.llama;
