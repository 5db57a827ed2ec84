// Models and their vocabulary.
#include "guard.h"
#include "load.h"

#include "llama.h"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace freehold;

namespace {

const llama_vocab * vocabulary(const llama_model * model) {
    return llama_model_get_vocab(model);
}

bool known(const llama_model * model, int32_t token) {
    return token >= 0 && token < llama_vocab_n_tokens(vocabulary(model));
}

}  // namespace

// Says apart what llama.cpp's loader would call by one name.
void freehold::check_header(const char * path) {
    struct stat facts;
    if (stat(path, &facts) != 0) {
        throw refusal(std::string("the file cannot be read: ") + strerror(errno));
    }
    if (!S_ISREG(facts.st_mode)) {
        throw refusal("a GGUF file was expected, this is not a regular file");
    }
    if (facts.st_size == 0) {
        throw refusal("a GGUF file was expected, this file is empty");
    }
    std::unique_ptr<FILE, int (*)(FILE *)> file(fopen(path, "rb"), fclose);
    if (!file) {
        throw refusal(std::string("the file cannot be read: ") + strerror(errno));
    }
    unsigned char magic[4] = {0, 0, 0, 0};
    const size_t got = fread(magic, 1, sizeof(magic), file.get());
    if (got < sizeof(magic) || memcmp(magic, "GGUF", 4) != 0) {
        char hex[16];
        snprintf(hex, sizeof(hex), "%02x%02x%02x%02x", magic[0], magic[1], magic[2], magic[3]);
        throw refusal(std::string("a GGUF file was expected (first bytes 47475546), this one begins with ") + hex);
    }
}

void freehold::refuse_load() {
    const std::string log = call_scope::logged();
    const bool damaged = log.find("not within the file bounds") != std::string::npos
            || log.find("failed to read") != std::string::npos || log.find("invalid data") != std::string::npos
            || log.find("gguf_init") != std::string::npos;
    throw refusal(std::string(damaged ? "the file is truncated or corrupt, fetch it again" : "llama.cpp cannot load this model")
            + " (" + (log.empty() ? "no reason given" : log) + ")");
}

int32_t freehold_model_load(
        const char * path, int32_t gpu_layers, int32_t use_mmap, int32_t check_tensors, llama_model ** model, char * message) {
    return guarded(message, true, [&] {
        *model = nullptr;
        check_header(path);
        llama_model_params params = llama_model_default_params();
        params.n_gpu_layers  = gpu_layers;
        params.load_mode     = use_mmap ? LLAMA_LOAD_MODE_MMAP : LLAMA_LOAD_MODE_NONE;
        params.check_tensors = check_tensors != 0;
        // The default callback prints dots; this one only says "go on".
        params.progress_callback = [](float, void *) { return true; };
        llama_model * loaded = llama_model_load_from_file(path, params);
        if (loaded == nullptr) {
            refuse_load();
        }
        *model = loaded;
        return FREEHOLD_OK;
    });
}

void freehold_model_free(llama_model * model) {
    guarded(nullptr, false, [&] {
        llama_model_free(model);
        return FREEHOLD_OK;
    });
}

int64_t freehold_model_size_bytes(const llama_model * model) {
    return (int64_t) llama_model_size(model);
}

int64_t freehold_model_parameter_count(const llama_model * model) {
    return (int64_t) llama_model_n_params(model);
}

int32_t freehold_model_trained_context(const llama_model * model) {
    return llama_model_n_ctx_train(model);
}

int32_t freehold_model_vocabulary_size(const llama_model * model) {
    return llama_vocab_n_tokens(vocabulary(model));
}

int32_t freehold_model_bos(const llama_model * model) {
    return llama_vocab_bos(vocabulary(model));
}

int32_t freehold_model_eos(const llama_model * model) {
    return llama_vocab_eos(vocabulary(model));
}

int32_t freehold_model_infill_mark(const llama_model * model, int32_t which) {
    switch (which) {
        case FREEHOLD_INFILL_BEFORE:     return llama_vocab_fim_pre(vocabulary(model));
        case FREEHOLD_INFILL_AFTER:      return llama_vocab_fim_suf(vocabulary(model));
        case FREEHOLD_INFILL_GAP:        return llama_vocab_fim_mid(vocabulary(model));
        case FREEHOLD_INFILL_REPOSITORY: return llama_vocab_fim_rep(vocabulary(model));
        case FREEHOLD_INFILL_FILE:       return llama_vocab_fim_sep(vocabulary(model));
        default:                         return LLAMA_TOKEN_NULL;
    }
}

int32_t freehold_model_sep(const llama_model * model) {
    return llama_vocab_sep(vocabulary(model));
}

int32_t freehold_model_added_tokens(const llama_model * model) {
    const llama_vocab * vocab = vocabulary(model);
    return (llama_vocab_get_add_bos(vocab) ? FREEHOLD_ADDS_BOS : 0) | (llama_vocab_get_add_eos(vocab) ? FREEHOLD_ADDS_EOS : 0)
            | (llama_vocab_get_add_sep(vocab) ? FREEHOLD_ADDS_SEP : 0);
}

int32_t freehold_model_pooling(const llama_model * model) {
    // llama.cpp tells it of contexts only; the key is the one its loader reads.
    char architecture[64];
    char pooling[16];
    if (llama_model_meta_val_str(model, "general.architecture", architecture, sizeof(architecture)) < 0
            || llama_model_meta_val_str(
                       model, (std::string(architecture) + ".pooling_type").c_str(), pooling, sizeof(pooling)) < 0) {
        return FREEHOLD_POOLING_NONE;
    }
    const long kind = strtol(pooling, nullptr, 10);
    return kind >= FREEHOLD_POOLING_NONE && kind <= FREEHOLD_POOLING_RANK ? (int32_t) kind : FREEHOLD_POOLING_NONE;
}

int32_t freehold_model_embedding_length(const llama_model * model) {
    return llama_model_n_embd_out(model);
}

int32_t freehold_model_has_chat_template(const llama_model * model) {
    return llama_model_chat_template(model, nullptr) != nullptr;
}

int32_t freehold_model_description(const llama_model * model, char ** text, int64_t * bytes, char * message) {
    return guarded(message, false, [&] {
        char buffer[256];
        const int32_t n = llama_model_desc(model, buffer, sizeof(buffer));
        hand_out(n < 0 ? std::string() : std::string(buffer), text, bytes);
        return FREEHOLD_OK;
    });
}

int32_t freehold_model_metadata(const llama_model * model, const char * key, char ** text, int64_t * bytes, char * message) {
    return guarded(message, false, [&] {
        *text = nullptr;
        *bytes = 0;
        const int32_t n = llama_model_meta_val_str(model, key, nullptr, 0);
        if (n >= 0) {
            std::vector<char> buffer((size_t) n + 1);
            llama_model_meta_val_str(model, key, buffer.data(), buffer.size());
            hand_out(std::string(buffer.data(), (size_t) n), text, bytes);
        }
        return FREEHOLD_OK;
    });
}

int32_t freehold_token_ends_generation(const llama_model * model, int32_t token) {
    return known(model, token) && llama_vocab_is_eog(vocabulary(model), token);
}

int32_t freehold_tokenize(
        const llama_model * model, const char * text, int64_t bytes, int32_t add_special, int32_t parse_special,
        int32_t ** tokens, int32_t * count, char * message) {
    return guarded(message, false, [&] {
        *tokens = nullptr;
        *count = 0;
        if (bytes < 0 || bytes > INT32_MAX / 8) {
            throw refusal("a text to tokenize holds at most 268435455 bytes, this one has " + std::to_string(bytes));
        }
        // A token stands for at least one byte, except for the few that are added around the text.
        int32_t capacity = (int32_t) bytes + 8;
        int32_t * buffer = (int32_t *) malloc(sizeof(int32_t) * (size_t) capacity);
        if (buffer == nullptr) {
            throw std::bad_alloc();
        }
        std::unique_ptr<int32_t, void (*)(void *)> owner(buffer, free);
        int32_t n = llama_tokenize(vocabulary(model), text, (int32_t) bytes, buffer, capacity, add_special != 0, parse_special != 0);
        if (n == INT32_MIN) {
            throw refusal("the text is too long to tokenize");
        }
        if (n < 0) {
            capacity = -n;
            buffer = (int32_t *) malloc(sizeof(int32_t) * (size_t) capacity);
            if (buffer == nullptr) {
                throw std::bad_alloc();
            }
            owner.reset(buffer);
            n = llama_tokenize(vocabulary(model), text, (int32_t) bytes, buffer, capacity, add_special != 0, parse_special != 0);
            if (n < 0) {
                throw refusal("the tokenizer gave two different lengths for one text");
            }
        }
        // The part that was not needed goes back; shrinking does not copy.
        void * shrunk = realloc(owner.get(), sizeof(int32_t) * (size_t) (n > 0 ? n : 1));
        if (shrunk != nullptr) {
            owner.release();
            owner.reset((int32_t *) shrunk);
        }
        *tokens = owner.release();
        *count = n;
        return FREEHOLD_OK;
    });
}

int32_t freehold_detokenize(
        const llama_model * model, const int32_t * tokens, int32_t count, int32_t with_special, char ** text, int64_t * bytes,
        char * message) {
    return guarded(message, false, [&] {
        for (int32_t i = 0; i < count; i++) {
            if (!known(model, tokens[i])) {
                throw refusal("token " + std::to_string(tokens[i]) + " is not in the vocabulary");
            }
        }
        std::string out((size_t) count * 8 + 16, '\0');
        int32_t n = llama_detokenize(vocabulary(model), tokens, count, &out[0], (int32_t) out.size(), false, with_special != 0);
        if (n < 0) {
            out.resize((size_t) -n);
            n = llama_detokenize(vocabulary(model), tokens, count, &out[0], (int32_t) out.size(), false, with_special != 0);
        }
        out.resize(n > 0 ? (size_t) n : 0);
        hand_out(out, text, bytes);
        return FREEHOLD_OK;
    });
}

int32_t freehold_token_piece(const llama_model * model, int32_t token, char * into, int32_t capacity, int32_t special) {
    int32_t written = INT32_MIN;
    guarded(nullptr, false, [&] {
        if (known(model, token)) {
            written = llama_token_to_piece(vocabulary(model), token, into, capacity, 0, special != 0);
        }
        return FREEHOLD_OK;
    });
    return written;
}
