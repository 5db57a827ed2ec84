#pragma once

#include "llama.h"

#include <atomic>
#include <cstdint>

struct freehold_context {
    llama_context *      native = nullptr;
    bool                 pooled = false;   // made for vectors: every batch begins all of its sequences anew
    std::atomic<int32_t> abort{0};   // written by any thread, read by the compute thread between graph nodes
};
