#pragma once

#include "llama.h"

#include <atomic>
#include <cstdint>

struct freehold_context {
    llama_context *      native = nullptr;
    std::atomic<int32_t> abort{0};   // written by any thread, read by the compute thread between graph nodes
};
