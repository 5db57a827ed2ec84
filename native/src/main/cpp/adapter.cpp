// LoRA adapters: loaded for a model, put on a context. A context has one set of adapters for all its sequences.
#include "context.h"
#include "guard.h"

#include "llama.h"

#include <memory>
#include <string>

using namespace freehold;

int32_t freehold_adapter_load(llama_model * model, const char * path, llama_adapter_lora ** adapter, char * message) {
    return guarded(message, true, [&] {
        *adapter = llama_adapter_lora_init(model, path);
        if (*adapter == nullptr) {
            const std::string log = call_scope::logged();
            throw refusal("it is damaged, or no adapter, or one for another model (" + (log.empty() ? "no reason given" : log) + ")");
        }
        if (llama_adapter_get_alora_n_invocation_tokens(*adapter) > 0) {
            llama_adapter_lora_free(*adapter);
            *adapter = nullptr;
            throw refusal("it is an activated LoRA (aLoRA), which begins in the middle of a prompt; that is not supported here");
        }
        return FREEHOLD_OK;
    });
}

void freehold_adapter_free(llama_adapter_lora * adapter) {
    guarded(nullptr, false, [&] {
        llama_adapter_lora_free(adapter);
        return FREEHOLD_OK;
    });
}

int32_t freehold_context_adapter(freehold_context * context, llama_adapter_lora * adapter, float scale, char * message) {
    return guarded(message, true, [&] {
        const size_t count = adapter == nullptr ? 0 : 1;
        if (llama_set_adapters_lora(context->native, &adapter, count, &scale) != 0) {
            throw std::runtime_error("llama.cpp did not take the adapter");
        }
        return FREEHOLD_OK;
    });
}
