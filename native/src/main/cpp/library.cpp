// The library itself: versions, struct layouts, backends.
#include "guard.h"

#include "ggml-backend.h"
#include "llama.h"

#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <string>

using namespace freehold;

namespace {

void line(std::string & out, const char * name, size_t offset, size_t size) {
    out += std::string(name) + " " + std::to_string(offset) + " " + std::to_string(size) + "\n";
}

#define STRUCT(type) line(out, #type, 0, sizeof(type))
#define FIELD(type, field) line(out, #type "." #field, offsetof(type, field), sizeof(((type *) nullptr)->field))

std::string layout_report() {
    std::string out;
    STRUCT(llama_batch);
    FIELD(llama_batch, n_tokens);
    FIELD(llama_batch, token);
    FIELD(llama_batch, embd);
    FIELD(llama_batch, pos);
    FIELD(llama_batch, n_seq_id);
    FIELD(llama_batch, seq_id);
    FIELD(llama_batch, logits);
    STRUCT(freehold_logit_bias);
    FIELD(freehold_logit_bias, token);
    FIELD(freehold_logit_bias, bias);
    STRUCT(freehold_sampler_params);
    FIELD(freehold_sampler_params, seed);
    FIELD(freehold_sampler_params, temperature);
    FIELD(freehold_sampler_params, top_k);
    FIELD(freehold_sampler_params, top_p);
    FIELD(freehold_sampler_params, min_p);
    FIELD(freehold_sampler_params, typical_p);
    FIELD(freehold_sampler_params, repeat_penalty);
    FIELD(freehold_sampler_params, frequency_penalty);
    FIELD(freehold_sampler_params, presence_penalty);
    FIELD(freehold_sampler_params, penalty_last_n);
    FIELD(freehold_sampler_params, top_n_sigma);
    FIELD(freehold_sampler_params, xtc_probability);
    FIELD(freehold_sampler_params, xtc_threshold);
    FIELD(freehold_sampler_params, dry_multiplier);
    FIELD(freehold_sampler_params, dry_base);
    FIELD(freehold_sampler_params, dry_allowed_length);
    FIELD(freehold_sampler_params, dry_penalty_last_n);
    FIELD(freehold_sampler_params, mirostat);
    FIELD(freehold_sampler_params, mirostat_tau);
    FIELD(freehold_sampler_params, mirostat_eta);
    FIELD(freehold_sampler_params, dynatemp_range);
    FIELD(freehold_sampler_params, dynatemp_exponent);
    FIELD(freehold_sampler_params, min_keep);
    FIELD(freehold_sampler_params, ignore_eos);
    FIELD(freehold_sampler_params, breakers_bytes);
    FIELD(freehold_sampler_params, logit_bias_count);
    FIELD(freehold_sampler_params, grammar_bytes);
    FIELD(freehold_sampler_params, logit_bias);
    FIELD(freehold_sampler_params, grammar);
    FIELD(freehold_sampler_params, breakers);
    return out;
}

std::string backend_names() {
    std::string out;
    for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
        out += std::string(ggml_backend_dev_name(ggml_backend_dev_get(i))) + "\n";
    }
    return out;
}

}  // namespace

int32_t freehold_abi_version(void) {
    return FREEHOLD_ABI_VERSION;
}

const char * freehold_layout(void) {
    static const std::string report = layout_report();
    return report.c_str();
}

int32_t freehold_initialize(const char * backend_directory, char * message) {
    return guarded(message, true, [&] {
        static std::mutex mutex;
        static bool done = false;
        std::lock_guard<std::mutex> lock(mutex);
        if (!done) {
            install_hooks();
            if (ggml_backend_reg_count() == 0 && backend_directory != nullptr && backend_directory[0] != '\0') {
                ggml_backend_load_all_from_path(backend_directory);
            }
            if (ggml_backend_reg_count() == 0) {
                throw refusal("no compute backend: expected the linked-in ones, or libggml-cpu-* beside the library");
            }
            llama_backend_init();
            done = true;
        }
        return FREEHOLD_OK;
    });
}

const char * freehold_llama_version(void) {
    return llama_version();
}

const char * freehold_system_info(void) {
    static const std::string info = llama_print_system_info();
    return info.c_str();
}

const char * freehold_backends(void) {
    static const std::string names = backend_names();
    return names.c_str();
}

void freehold_free(void * memory) {
    free(memory);
}
