// Force-included into llama.cpp's grammar, instead of quiet.h alone (see CMakeLists.txt). What a grammar costs at a token
// can be exponential in the token's length, and nothing can interrupt it: here its loops count, and throw when they
// have spent what the calling thread was allowed. Everybody else includes grammar_bounds.h.
#pragma once

#include "quiet.h"

#include "llama-grammar.h"
#include "llama-impl.h"
#include "llama-sampler.h"
#include "llama-vocab.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <utility>

static thread_local uint64_t freehold_grammar_left = UINT64_MAX;

void freehold_grammar_allow(uint64_t steps);
bool freehold_grammar_spent();

__attribute__((visibility("default"))) void freehold_grammar_allow(uint64_t steps) {
    freehold_grammar_left = steps;
}

__attribute__((visibility("default"))) bool freehold_grammar_spent() {
    return freehold_grammar_left == 0;
}

static inline bool freehold_grammar_step(uint64_t steps) {
    if (freehold_grammar_left <= steps) {
        freehold_grammar_left = 0;
        throw std::runtime_error("the grammar takes too many steps");
    }
    freehold_grammar_left -= steps;
    return true;
}

// A round of a loop is a step; a stack that is moved was made, which costs more; a search costs with its length.
#define while(...) while (freehold_grammar_step(1) && (__VA_ARGS__))
#define move(...) move((freehold_grammar_step(16), __VA_ARGS__))
#define freehold_find_1(text) find(text)
#define freehold_find_3(from, to, what) find((freehold_grammar_step(1 + (uint64_t) ((to) - (from)) / 4), (from)), (to), (what))
#define freehold_find_of(_1, _2, _3, name, ...) name
#define find(...) freehold_find_of(__VA_ARGS__, freehold_find_3, freehold_find_2, freehold_find_1, )(__VA_ARGS__)
