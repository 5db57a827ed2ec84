// What a model takes in memory, told without taking it.
#include "guard.h"
#include "load.h"

#include "ggml-backend.h"
#include "llama-ext.h"
#include "llama.h"

#include <algorithm>
#include <memory>
#include <string>

using namespace freehold;

namespace {

// Whether a buffer lies in the machine's own memory: a processor's does, and that of an accelerator that shares it.
bool in_main_memory(ggml_backend_buffer_type_t type) {
    if (ggml_backend_buft_is_host(type)) {
        return true;
    }
    ggml_backend_dev_t device = ggml_backend_buft_get_device(type);
#if defined(__APPLE__)
    return true;
#else
    return device == nullptr || ggml_backend_dev_type(device) != GGML_BACKEND_DEVICE_TYPE_GPU;
#endif
}

}  // namespace

int32_t freehold_memory_need(
        const char * path, int32_t gpu_layers, int32_t context_tokens, int32_t batch_tokens, int32_t micro_batch_tokens,
        int32_t sequences_max, int32_t flash_attention, int64_t * bytes, char * message) {
    return guarded(message, true, [&] {
        check_header(path);
        llama_model_params params = llama_model_default_params();
        params.n_gpu_layers      = gpu_layers;
        params.load_mode         = LLAMA_LOAD_MODE_NONE;
        params.no_alloc          = true;
        params.progress_callback = [](float, void *) { return true; };
        std::unique_ptr<llama_model, void (*)(llama_model *)> model(llama_model_load_from_file(path, params), llama_model_free);
        if (!model) {
            refuse_load();
        }
        llama_context_params wanted = llama_context_default_params();
        wanted.n_ctx           = (uint32_t) context_tokens;
        wanted.n_batch         = (uint32_t) batch_tokens;
        wanted.n_ubatch        = (uint32_t) micro_batch_tokens;
        const bool pooled = freehold_model_pooling(model.get()) != FREEHOLD_POOLING_NONE;
        if (pooled) {
            // As freehold_context_create_pooled makes it: a batch holds the longest input whole, and nothing is kept.
            const int32_t longest = std::min(context_tokens, llama_model_n_ctx_train(model.get()));
            wanted.n_ctx = wanted.n_batch = wanted.n_ubatch = (uint32_t) std::max(batch_tokens, longest);
            wanted.embeddings = true;
        }
        wanted.n_seq_max       = (uint32_t) sequences_max;
        wanted.flash_attn_type = (llama_flash_attn_type) flash_attention;
        wanted.kv_unified      = true;
        std::unique_ptr<llama_context, void (*)(llama_context *)> context(llama_init_from_model(model.get(), wanted), llama_free);
        if (!context) {
            const std::string log = call_scope::logged();
            throw refusal("llama.cpp could not plan a context of " + std::to_string(context_tokens) + " tokens ("
                    + (log.empty() ? "no reason given" : log) + ")");
        }
        bytes[0] = bytes[1] = bytes[2] = 0;
        for (const auto & [type, part] : llama_get_memory_breakdown(context.get())) {
            if (in_main_memory(type)) {
                bytes[0] += (int64_t) part.model;
                bytes[1] += (int64_t) part.context;
                bytes[2] += (int64_t) part.compute;
            }
        }
        if (pooled) {
            // Not in the breakdown: outputs for every token of a batch, of which llama.cpp keeps the logits' place too.
            const int64_t floats = llama_vocab_n_tokens(llama_model_get_vocab(model.get())) + llama_model_n_embd_out(model.get());
            bytes[2] += (int64_t) sizeof(float) * floats * wanted.n_batch;
        }
        return FREEHOLD_OK;
    });
}
