// Refuses a grammar that llama.cpp would walk without end, or far too wide, before it does: nothing can interrupt it.
#pragma once

#include "llama-grammar.h"

#include "guard.h"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>

// Compiled into llama.cpp's grammar (grammar_allowance.h).
void freehold_grammar_allow(uint64_t steps);
bool freehold_grammar_spent();

namespace freehold {

// A grammar costs a pass over the vocabulary for each way in which it may go on: beyond this many, a step of everybody
// would wait for one client's grammar. (Measured: 1,000 ways cost 0.1 to 1 s a token on two busy cores.)
constexpr size_t GRAMMAR_WAYS_MAX = 512;

// What a grammar may take of one call. The widest one, at the largest vocabulary, takes half of it.
constexpr uint64_t GRAMMAR_STEPS_MAX = 256'000'000;

// Runs what may walk a grammar on this thread, and refuses when that takes too long.
template <typename F>
auto within_allowance(F && body) {
    struct allowance {
        allowance() { freehold_grammar_allow(GRAMMAR_STEPS_MAX); }
        ~allowance() { freehold_grammar_allow(UINT64_MAX); }
    } counted;
    try {
        return body();
    } catch (const std::exception &) {
        if (freehold_grammar_spent()) {
            throw grammar_refusal(FREEHOLD_GRAMMAR_TOO_WIDE, "the grammar takes more than " + std::to_string(GRAMMAR_STEPS_MAX)
                    + " steps for one token: use no repetition of what may be empty");
        }
        throw;
    }
}

// Throws a refusal. The rules are as the parser left them; their names are not repeated.
void check_grammar_bounds(const llama_grammar_rules & rules);

}  // namespace freehold
