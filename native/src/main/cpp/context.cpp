// Contexts: decoding, the KV cache, saved sequences.
#include "context.h"
#include "guard.h"

#include "ggml-backend.h"
#include "llama.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#if !defined(_WIN32)
#    include <unistd.h>
#endif

using namespace freehold;

namespace {

llama_memory_t memory(freehold_context * context) {
    return llama_get_memory(context->native);
}

void check_sequence(freehold_context * context, int32_t sequence) {
    const int32_t count = (int32_t) llama_n_seq_max(context->native);
    if (sequence < 0 || sequence >= count) {
        throw refusal("sequence " + std::to_string(sequence) + " does not exist, this context has 0 to " + std::to_string(count - 1));
    }
}

// Models with learned positions look each one up in a table, and ggml ends the process at one that is not in it.
void check_positions(freehold_context * context, const llama_batch * batch) {
    const int32_t trained = llama_model_n_ctx_train(llama_get_model(context->native));
    for (int32_t i = 0; i < batch->n_tokens; i++) {
        if (batch->pos[i] < 0 || batch->pos[i] >= trained) {
            throw refusal("position " + std::to_string(batch->pos[i]) + " is outside the " + std::to_string(trained)
                    + " that the model was trained for");
        }
    }
}

void check_batch(freehold_context * context, const llama_batch * batch) {
    const int32_t most = (int32_t) llama_n_batch(context->native);
    if (batch->n_tokens <= 0 || batch->n_tokens > most) {
        throw refusal("a batch holds 1 to " + std::to_string(most) + " tokens here, this one has " + std::to_string(batch->n_tokens));
    }
    // A unified cache takes any number below llama.cpp's own limit; here a sequence is one the context was made for.
    for (int32_t i = 0; i < batch->n_tokens; i++) {
        for (int32_t j = 0; j < batch->n_seq_id[i]; j++) {
            check_sequence(context, batch->seq_id[i][j]);
        }
    }
    if (context->pooled) {
        check_positions(context, batch);
    }
}

bool has_gpu() {
    for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
        if (ggml_backend_dev_type(ggml_backend_dev_get(i)) != GGML_BACKEND_DEVICE_TYPE_CPU) {
            return true;
        }
    }
    return false;
}

// Linux grants memory that it does not have and kills whoever then touches it, so a cache that cannot fit is refused
// here. Only where its size follows from the context's: caches of a window or of a recurrent state are smaller.
void check_memory(const llama_model * model, int32_t context_tokens) {
#if !defined(_WIN32)
    if (has_gpu() || llama_model_n_swa(model) > 0 || llama_model_is_recurrent(model) || llama_model_is_hybrid(model)
            || llama_model_n_head(model) <= 0) {
        return;
    }
    const double head = (double) llama_model_n_embd(model) / llama_model_n_head(model);
    const double keys_and_values = 2.0 * llama_model_n_layer(model) * llama_model_n_head_kv(model) * head;
    const double needed = keys_and_values * sizeof(uint16_t) * context_tokens;
    const double present = (double) sysconf(_SC_PHYS_PAGES) * (double) sysconf(_SC_PAGESIZE);
    if (needed > present) {
        const auto gib = [](double bytes) { return std::to_string((int64_t) (bytes / (1 << 30))) + " GiB"; };
        throw refusal("a context of " + std::to_string(context_tokens) + " tokens needs about " + gib(needed)
                + " with this model, the machine has " + gib(present));
    }
#endif
}

bool abort_wanted(void * context) {
    return ((freehold_context *) context)->abort.load(std::memory_order_relaxed) != 0;
}

int32_t create(llama_model * model, llama_context_params params, freehold_context ** context) {
    *context = nullptr;
    auto made = std::make_unique<freehold_context>();
    params.kv_unified          = true;   // sequences share one pool of cells, and prefixes within it
    params.no_perf             = true;
    params.abort_callback      = abort_wanted;
    params.abort_callback_data = made.get();
    made->native = llama_init_from_model(model, params);
    if (made->native == nullptr) {
        const std::string log = call_scope::logged();
        throw refusal("llama.cpp could not make a context of " + std::to_string(params.n_ctx) + " tokens ("
                + (log.empty() ? "no reason given" : log) + ")");
    }
    *context = made.release();
    return FREEHOLD_OK;
}

}  // namespace

int32_t freehold_context_create(
        llama_model * model, int32_t context_tokens, int32_t batch_tokens, int32_t micro_batch_tokens, int32_t sequences_max,
        int32_t threads, int32_t batch_threads, int32_t flash_attention, freehold_context ** context, char * message) {
    return guarded(message, true, [&] {
        check_memory(model, context_tokens);
        llama_context_params params = llama_context_default_params();
        params.n_ctx           = (uint32_t) context_tokens;
        params.n_batch         = (uint32_t) batch_tokens;
        params.n_ubatch        = (uint32_t) micro_batch_tokens;
        params.n_seq_max       = (uint32_t) sequences_max;
        params.n_threads       = threads;
        params.n_threads_batch = batch_threads;
        params.flash_attn_type = (llama_flash_attn_type) flash_attention;
        return create(model, params, context);
    });
}

int32_t freehold_context_create_pooled(
        llama_model * model, int32_t batch_tokens, int32_t sequences_max, int32_t threads, int32_t pooling,
        freehold_context ** context, char * message) {
    return guarded(message, true, [&] {
        check_memory(model, batch_tokens);
        llama_context_params params = llama_context_default_params();
        params.n_ctx           = (uint32_t) batch_tokens;
        params.n_batch         = (uint32_t) batch_tokens;
        // Attention that looks both ways, and every pooling, sees a sequence only if it is computed at once.
        params.n_ubatch        = (uint32_t) batch_tokens;
        params.n_seq_max       = (uint32_t) sequences_max;
        params.n_threads       = threads;
        params.n_threads_batch = threads;
        params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_AUTO;
        params.embeddings      = true;
        params.pooling_type    = (enum llama_pooling_type) pooling;
        const int32_t status = create(model, params, context);
        (*context)->pooled = true;
        return status;
    });
}

void freehold_context_free(freehold_context * context) {
    guarded(nullptr, false, [&] {
        std::unique_ptr<freehold_context> owner(context);
        llama_free(owner->native);
        return FREEHOLD_OK;
    });
}

int32_t freehold_context_tokens(const freehold_context * context) {
    return (int32_t) llama_n_ctx(context->native);
}

int32_t freehold_decode(freehold_context * context, const llama_batch * batch, char * message) {
    return guarded_compute(message, [&]() -> int32_t {
        check_batch(context, batch);
        const int32_t result = llama_decode(context->native, *batch);
        switch (result) {
            case 0:
                return FREEHOLD_OK;
            case 1:
                return FREEHOLD_NO_KV_SLOT;
            case 2:
                return FREEHOLD_ABORTED;
            default:
                say(message, "llama_decode returned " + std::to_string(result) + " (" + call_scope::logged() + ")");
                return FREEHOLD_ERROR;
        }
    });
}

int32_t freehold_sequence_remove(freehold_context * context, int32_t sequence, int32_t from, int32_t to, char * message) {
    return guarded(message, false, [&] {
        check_sequence(context, sequence);
        return (int32_t) llama_memory_seq_rm(memory(context), sequence, from, to);
    });
}

int32_t freehold_sequence_copy(
        freehold_context * context, int32_t source, int32_t target, int32_t from, int32_t to, char * message) {
    return guarded(message, false, [&] {
        check_sequence(context, source);
        check_sequence(context, target);
        llama_memory_seq_cp(memory(context), source, target, from, to);
        return FREEHOLD_OK;
    });
}

int32_t freehold_sequence_last_position(freehold_context * context, int32_t sequence, int32_t * position, char * message) {
    return guarded(message, false, [&] {
        check_sequence(context, sequence);
        *position = llama_memory_seq_pos_max(memory(context), sequence);
        return FREEHOLD_OK;
    });
}

int32_t freehold_context_clear(freehold_context * context, char * message) {
    return guarded(message, false, [&] {
        llama_memory_clear(memory(context), false);
        return FREEHOLD_OK;
    });
}

int32_t freehold_context_threads(freehold_context * context, int32_t threads, int32_t batch_threads, char * message) {
    return guarded(message, false, [&] {
        if (threads < 1 || batch_threads < 1) {
            throw refusal("a context computes with at least one thread");
        }
        llama_set_n_threads(context->native, threads, batch_threads);
        return FREEHOLD_OK;
    });
}

void freehold_context_request_abort(freehold_context * context, int32_t on) {
    context->abort.store(on, std::memory_order_relaxed);
}

int32_t freehold_state_size(freehold_context * context, int32_t sequence, int64_t * bytes, char * message) {
    return guarded(message, true, [&] {
        check_sequence(context, sequence);
        *bytes = (int64_t) llama_state_seq_get_size(context->native, sequence);
        return FREEHOLD_OK;
    });
}

int32_t freehold_state_save(
        freehold_context * context, int32_t sequence, uint8_t * into, int64_t capacity, int64_t * bytes, char * message) {
    return guarded(message, true, [&] {
        check_sequence(context, sequence);
        const size_t needed = llama_state_seq_get_size(context->native, sequence);
        if (capacity < 0 || (size_t) capacity < needed) {
            throw refusal("the state needs " + std::to_string(needed) + " bytes, the buffer has " + std::to_string(capacity));
        }
        *bytes = (int64_t) llama_state_seq_get_data(context->native, into, (size_t) capacity, sequence);
        if (*bytes == 0) {
            throw std::runtime_error("the sequence could not be saved");
        }
        return FREEHOLD_OK;
    });
}

int32_t freehold_state_restore(
        freehold_context * context, int32_t sequence, const uint8_t * from, int64_t bytes, char * message) {
    return guarded(message, true, [&] {
        check_sequence(context, sequence);
        if (bytes <= 0 || llama_state_seq_set_data(context->native, from, (size_t) bytes, sequence) == 0) {
            throw std::runtime_error("the saved sequence does not fit this context");
        }
        return FREEHOLD_OK;
    });
}

int32_t freehold_embeddings_sequence(
        freehold_context * context, int32_t sequence, const float ** floats, int32_t * count, char * message) {
    return guarded(message, true, [&] {
        check_sequence(context, sequence);
        const llama_model * model = llama_get_model(context->native);
        const float * found = llama_get_embeddings_seq(context->native, sequence);
        if (found == nullptr) {
            throw refusal("the last batch gave no vector for sequence " + std::to_string(sequence));
        }
        *floats = found;
        *count = llama_pooling_type(context->native) == LLAMA_POOLING_TYPE_RANK ? (int32_t) llama_model_n_cls_out(model)
                                                                                : llama_model_n_embd_out(model);
        return FREEHOLD_OK;
    });
}

int32_t freehold_logprobs(
        freehold_context * context, int32_t index, int32_t token, int32_t top, float * chosen, int32_t * top_tokens,
        float * top_logprobs, char * message) {
    return guarded(message, true, [&] {
        const float * logits = llama_get_logits_ith(context->native, index);
        if (logits == nullptr) {
            throw refusal("entry " + std::to_string(index) + " of the last batch asked for no output");
        }
        const int32_t n = llama_vocab_n_tokens(llama_model_get_vocab(llama_get_model(context->native)));
        if (token < 0 || token >= n || top < 0 || top > n) {
            throw refusal("token " + std::to_string(token) + " or a count of " + std::to_string(top) + " is outside the vocabulary");
        }
        const float highest = *std::max_element(logits, logits + n);
        double sum = 0;
        for (int32_t i = 0; i < n; i++) {
            sum += std::exp((double) (logits[i] - highest));
        }
        const float base = highest + (float) std::log(sum);
        *chosen = logits[token] - base;
        if (top > 0) {
            std::vector<int32_t> order((size_t) n);
            for (int32_t i = 0; i < n; i++) {
                order[(size_t) i] = i;
            }
            std::partial_sort(order.begin(), order.begin() + top, order.end(),
                    [&](int32_t a, int32_t b) { return logits[a] > logits[b] || (logits[a] == logits[b] && a < b); });
            for (int32_t i = 0; i < top; i++) {
                top_tokens[i]   = order[(size_t) i];
                top_logprobs[i] = logits[order[(size_t) i]] - base;
            }
        }
        return FREEHOLD_OK;
    });
}
