// The C face of llama.cpp that Freehold's Java binding calls.
//
// Rules that hold for every function here:
//  - No C++ exception leaves it, and no llama.cpp assertion on the calling thread ends the process
//    (freehold_decode is the exception: its compute threads cannot be unwound).
//  - A negative return value or FREEHOLD_ERROR is a failure; `message`, where there is one, is a buffer of
//    FREEHOLD_MESSAGE_BYTES bytes and then holds the reason as NUL-terminated UTF-8. It never holds prompt text.
//  - Text goes in as bytes with a length and need not be NUL-terminated. Text that comes out as `char **` belongs
//    to the caller, who gives it back to freehold_free; text that comes out as `const char **` belongs to its object.
#pragma once

#include <stdint.h>

#if defined(_WIN32)
#    define FREEHOLD_API __declspec(dllexport)
#else
#    define FREEHOLD_API __attribute__((visibility("default")))
#endif

// Raised whenever a signature, a struct or a meaning below changes.
#define FREEHOLD_ABI_VERSION 4
#define FREEHOLD_MESSAGE_BYTES 1024

#ifdef __cplusplus
extern "C" {
#endif

enum freehold_status {
    FREEHOLD_OK         = 0,
    FREEHOLD_NO_KV_SLOT = 1,   // decode: no room in the KV cache, nothing was changed
    FREEHOLD_ABORTED    = 2,   // decode: the abort flag was seen, part of the batch may stand in the cache
    FREEHOLD_ERROR      = -1,
    // accept: why the grammar stands nowhere from here on
    FREEHOLD_GRAMMAR_TOO_WIDE = -2,   // it took the token, and would go on in too many ways
    FREEHOLD_GRAMMAR_REFUSED  = -3,   // it forbids the token: it is finished, or allows nothing at all here
};

enum freehold_pooling {
    FREEHOLD_POOLING_MODEL = -1,   // what the model's file says
    FREEHOLD_POOLING_NONE  = 0,
    FREEHOLD_POOLING_MEAN  = 1,
    FREEHOLD_POOLING_CLS   = 2,
    FREEHOLD_POOLING_LAST  = 3,
    FREEHOLD_POOLING_RANK  = 4,
};

// What a vocabulary adds around a text: any of these together.
enum freehold_added_token {
    FREEHOLD_ADDS_BOS = 1,
    FREEHOLD_ADDS_EOS = 2,
    FREEHOLD_ADDS_SEP = 4,
};

struct llama_batch;
struct llama_model;
struct freehold_context;
struct freehold_sampler;
struct freehold_chat_templates;
struct freehold_chat_prompt;
struct freehold_projector;
struct freehold_vision_prompt;
struct llama_adapter_lora;

struct freehold_logit_bias {
    int32_t token;
    float   bias;
};

struct freehold_sampler_params {
    uint32_t seed;                 // 0xFFFFFFFF = a random one
    float    temperature;          // 0 = greedy
    int32_t  top_k;                // <= 0 = whole vocabulary
    float    top_p;
    float    min_p;
    float    typical_p;
    float    repeat_penalty;
    float    frequency_penalty;
    float    presence_penalty;
    int32_t  penalty_last_n;
    float    top_n_sigma;   // negative = off
    float    xtc_probability;   // 0 = off
    float    xtc_threshold;
    float    dry_multiplier;   // 0 = off
    float    dry_base;
    int32_t  dry_allowed_length;
    int32_t  dry_penalty_last_n;   // 0 = off
    int32_t  mirostat;   // 0 = off, 1 or 2 the version
    float    mirostat_tau;
    float    mirostat_eta;
    float    dynatemp_range;   // 0 = off
    float    dynatemp_exponent;
    int32_t  min_keep;
    int32_t  ignore_eos;   // 1 = tokens that end generation are never chosen
    int32_t  breakers_bytes;       // 0 = llama.cpp's own
    int32_t  logit_bias_count;
    int32_t  grammar_bytes;        // 0 = no grammar of the caller's own
    const struct freehold_logit_bias * logit_bias;
    const char *                       grammar;
    const char *                       breakers;   // what DRY does not look past, each followed by a zero
};

// --- the library

FREEHOLD_API int32_t freehold_abi_version(void);
// One line for each struct and each field that the other side lays out: "name offset size\n".
FREEHOLD_API const char * freehold_layout(void);
// backend_directory holds dynamically loaded backends; NULL or "" where they are linked in.
FREEHOLD_API int32_t freehold_initialize(const char * backend_directory, char * message);
FREEHOLD_API const char * freehold_llama_version(void);
FREEHOLD_API const char * freehold_system_info(void);
FREEHOLD_API const char * freehold_backends(void);   // one name a line
FREEHOLD_API void freehold_free(void * memory);

// --- models: immutable after loading, usable from any thread

FREEHOLD_API int32_t freehold_model_load(
        const char * path, int32_t gpu_layers, int32_t use_mmap, int32_t check_tensors,
        struct llama_model ** model, char * message);
FREEHOLD_API void freehold_model_free(struct llama_model * model);
// What the model would take with such a context, allocating none of it: bytes of the machine's own memory for the
// weights, the cache and the computation, in bytes[0] to bytes[2].
FREEHOLD_API int32_t freehold_memory_need(
        const char * path, int32_t gpu_layers, int32_t context_tokens, int32_t batch_tokens, int32_t micro_batch_tokens,
        int32_t sequences_max, int32_t flash_attention, int64_t * bytes, char * message);
FREEHOLD_API int64_t freehold_model_size_bytes(const struct llama_model * model);
FREEHOLD_API int64_t freehold_model_parameter_count(const struct llama_model * model);
FREEHOLD_API int32_t freehold_model_trained_context(const struct llama_model * model);
FREEHOLD_API int32_t freehold_model_vocabulary_size(const struct llama_model * model);
FREEHOLD_API int32_t freehold_model_bos(const struct llama_model * model);
FREEHOLD_API int32_t freehold_model_eos(const struct llama_model * model);
// Tokens that mark the parts of a gap to fill; -1 if the vocabulary has none.
enum freehold_infill_mark {
    FREEHOLD_INFILL_BEFORE     = 0,
    FREEHOLD_INFILL_AFTER      = 1,
    FREEHOLD_INFILL_GAP        = 2,
    FREEHOLD_INFILL_REPOSITORY = 3,
    FREEHOLD_INFILL_FILE       = 4,
};
FREEHOLD_API int32_t freehold_model_infill_mark(const struct llama_model * model, int32_t which);
FREEHOLD_API int32_t freehold_model_sep(const struct llama_model * model);
FREEHOLD_API int32_t freehold_model_added_tokens(const struct llama_model * model);   // freehold_added_token
FREEHOLD_API int32_t freehold_model_has_chat_template(const struct llama_model * model);
// How the file says that a sequence's outputs become one vector; FREEHOLD_POOLING_NONE if it says nothing.
FREEHOLD_API int32_t freehold_model_pooling(const struct llama_model * model);
FREEHOLD_API int32_t freehold_model_embedding_length(const struct llama_model * model);
FREEHOLD_API int32_t freehold_model_description(const struct llama_model * model, char ** text, int64_t * bytes, char * message);
// *text stays NULL if the file has no such key (or it is an array).
FREEHOLD_API int32_t freehold_model_metadata(
        const struct llama_model * model, const char * key, char ** text, int64_t * bytes, char * message);

FREEHOLD_API int32_t freehold_token_ends_generation(const struct llama_model * model, int32_t token);
FREEHOLD_API int32_t freehold_tokenize(
        const struct llama_model * model, const char * text, int64_t bytes, int32_t add_special, int32_t parse_special,
        int32_t ** tokens, int32_t * count, char * message);
FREEHOLD_API int32_t freehold_detokenize(
        const struct llama_model * model, const int32_t * tokens, int32_t count, int32_t with_special,
        char ** text, int64_t * bytes, char * message);
// The number of bytes written; -n if n bytes are needed; INT32_MIN if there is no such token.
FREEHOLD_API int32_t freehold_token_piece(
        const struct llama_model * model, int32_t token, char * into, int32_t capacity, int32_t special);

// --- contexts: one thread at a time, freehold_context_request_abort from any

FREEHOLD_API int32_t freehold_context_create(
        struct llama_model * model, int32_t context_tokens, int32_t batch_tokens, int32_t micro_batch_tokens,
        int32_t sequences_max, int32_t threads, int32_t batch_threads, int32_t flash_attention,
        struct freehold_context ** context, char * message);
// A context whose decodes give one vector a sequence, or with FREEHOLD_POOLING_RANK its scores, instead of logits.
// A sequence must be whole within one batch and begin at position 0.
FREEHOLD_API int32_t freehold_context_create_pooled(
        struct llama_model * model, int32_t batch_tokens, int32_t sequences_max, int32_t threads, int32_t pooling,
        struct freehold_context ** context, char * message);
FREEHOLD_API void freehold_context_free(struct freehold_context * context);
FREEHOLD_API int32_t freehold_context_tokens(const struct freehold_context * context);
FREEHOLD_API int32_t freehold_decode(struct freehold_context * context, const struct llama_batch * batch, char * message);
FREEHOLD_API int32_t freehold_sequence_remove(   // 1 removed, 0 this cache cannot remove that part
        struct freehold_context * context, int32_t sequence, int32_t from, int32_t to, char * message);
FREEHOLD_API int32_t freehold_sequence_copy(
        struct freehold_context * context, int32_t source, int32_t target, int32_t from, int32_t to, char * message);
// The largest position held, in *position; -1 if the sequence is empty.
FREEHOLD_API int32_t freehold_sequence_last_position(
        struct freehold_context * context, int32_t sequence, int32_t * position, char * message);
FREEHOLD_API int32_t freehold_context_clear(struct freehold_context * context, char * message);
FREEHOLD_API int32_t freehold_context_threads(
        struct freehold_context * context, int32_t threads, int32_t batch_threads, char * message);
FREEHOLD_API void freehold_context_request_abort(struct freehold_context * context, int32_t on);
FREEHOLD_API int32_t freehold_state_size(struct freehold_context * context, int32_t sequence, int64_t * bytes, char * message);
FREEHOLD_API int32_t freehold_state_save(
        struct freehold_context * context, int32_t sequence, uint8_t * into, int64_t capacity, int64_t * bytes, char * message);
FREEHOLD_API int32_t freehold_state_restore(
        struct freehold_context * context, int32_t sequence, const uint8_t * from, int64_t bytes, char * message);
// The vector or the scores of a sequence of the last batch, where llama.cpp left them: valid until the next decode.
FREEHOLD_API int32_t freehold_embeddings_sequence(
        struct freehold_context * context, int32_t sequence, const float ** floats, int32_t * count, char * message);
// Natural logarithms of the probabilities before any sampler: of `token` in *chosen, and of the `top` likeliest.
FREEHOLD_API int32_t freehold_logprobs(
        struct freehold_context * context, int32_t index, int32_t token, int32_t top,
        float * chosen, int32_t * top_tokens, float * top_logprobs, char * message);

// --- samplers: one thread at a time

// prompt may be NULL; its grammar, if it has one, comes before the one in params.
FREEHOLD_API int32_t freehold_sampler_create(
        const struct llama_model * model, const struct freehold_sampler_params * params,
        const struct freehold_chat_prompt * prompt, struct freehold_sampler ** sampler, char * message);
FREEHOLD_API void freehold_sampler_free(struct freehold_sampler * sampler);
FREEHOLD_API int32_t freehold_sampler_sample(   // the token, or FREEHOLD_ERROR
        struct freehold_sampler * sampler, struct freehold_context * context, int32_t index, char * message);
FREEHOLD_API int32_t freehold_sampler_accept(struct freehold_sampler * sampler, int32_t token, char * message);
FREEHOLD_API int32_t freehold_sampler_reset(struct freehold_sampler * sampler, char * message);

// --- chat: templates and applied prompts are immutable, usable from any thread

enum freehold_prompt_text {
    FREEHOLD_PROMPT_TEXT       = 0,
    FREEHOLD_PROMPT_GRAMMAR    = 1,
    FREEHOLD_PROMPT_STOPS      = 3,   // each followed by a zero
};

enum freehold_prompt_flag {
    FREEHOLD_PROMPT_GRAMMAR_LAZY  = 1,
    FREEHOLD_PROMPT_PLAIN_CONTENT = 2,   // the answer is its own content: freehold_chat_parse would change nothing
    FREEHOLD_PROMPT_THINKING      = 4,
};

// template_text may be NULL: the model's own, or ChatML if it has none.
FREEHOLD_API int32_t freehold_chat_templates_create(
        const struct llama_model * model, const char * template_text, int64_t template_bytes,
        struct freehold_chat_templates ** templates, char * message);
FREEHOLD_API void freehold_chat_templates_free(struct freehold_chat_templates * templates);
FREEHOLD_API int32_t freehold_chat_apply(
        const struct freehold_chat_templates * templates, const char * request_json, int64_t bytes,
        struct freehold_chat_prompt ** prompt, char * message);
FREEHOLD_API void freehold_chat_prompt_free(struct freehold_chat_prompt * prompt);
FREEHOLD_API int32_t freehold_chat_prompt_text(
        const struct freehold_chat_prompt * prompt, int32_t which, const char ** text, int64_t * bytes);
FREEHOLD_API int32_t freehold_chat_prompt_flags(const struct freehold_chat_prompt * prompt);
FREEHOLD_API int32_t freehold_chat_parse(
        const struct freehold_chat_prompt * prompt, const char * text, int64_t bytes, int32_t partial,
        char ** json, int64_t * json_bytes, char * message);
FREEHOLD_API int32_t freehold_schema_to_grammar(
        const char * schema_json, int64_t bytes, char ** grammar, int64_t * grammar_bytes, char * message);

// --- images: a projector turns images into embeddings that stand among a prompt's tokens

// An image is a PNG or a JPEG within the bounds of image.h. Loading computes once, to find a broken file out.
FREEHOLD_API int32_t freehold_projector_load(
        const char * path, const struct llama_model * model, int32_t threads, int32_t use_gpu,
        struct freehold_projector ** projector, char * message);
FREEHOLD_API void freehold_projector_free(struct freehold_projector * projector);
FREEHOLD_API int32_t freehold_projector_width(const struct freehold_projector * projector);   // floats an image token
// Whether an image's tokens see each other in both directions: decode them in one batch, causal attention off.
FREEHOLD_API int32_t freehold_projector_non_causal(const struct freehold_projector * projector);
// From any thread. Each marker in the text is the place of an image, in order. Without pixels an image is measured by
// its header alone: enough to count tokens, not to encode.
FREEHOLD_API int32_t freehold_vision_tokenize(
        const struct freehold_projector * projector, const char * text, int64_t bytes, const char * marker,
        int64_t marker_bytes, const uint8_t * const * images, const int64_t * image_bytes, int32_t image_count,
        int32_t with_pixels, int32_t add_special, int32_t parse_special, struct freehold_vision_prompt ** prompt,
        char * message);
FREEHOLD_API void freehold_vision_prompt_free(struct freehold_vision_prompt * prompt);
// The count; *tokens belongs to the prompt and has -1 where an image stands.
FREEHOLD_API int32_t freehold_vision_prompt_tokens(const struct freehold_vision_prompt * prompt, const int32_t ** tokens);
// The count; *spans belongs to the prompt and has three numbers a span: first token, tokens, which part of the images
// (a projector that cuts an image into tiles makes several of one).
FREEHOLD_API int32_t freehold_vision_prompt_spans(const struct freehold_vision_prompt * prompt, const int32_t ** spans);
// One thread at a time a projector. Writes tokens * width floats.
FREEHOLD_API int32_t freehold_vision_encode(
        struct freehold_projector * projector, const struct freehold_vision_prompt * prompt, int32_t span, float * into,
        int64_t capacity, char * message);
// As freehold_decode, for a batch of one image's embeddings (llama_batch with embd in place of token).
FREEHOLD_API int32_t freehold_decode_image(
        struct freehold_context * context, const struct llama_batch * batch, int32_t non_causal, char * message);

// --- adapters: LoRA weights beside a model's own

FREEHOLD_API int32_t freehold_adapter_load(
        struct llama_model * model, const char * path, struct llama_adapter_lora ** adapter, char * message);
FREEHOLD_API void freehold_adapter_free(struct llama_adapter_lora * adapter);
// For all sequences of the context, from the next decode on; NULL for none. One thread at a time, as decode.
FREEHOLD_API int32_t freehold_context_adapter(
        struct freehold_context * context, struct llama_adapter_lora * adapter, float scale, char * message);

#ifdef __cplusplus
}
#endif
