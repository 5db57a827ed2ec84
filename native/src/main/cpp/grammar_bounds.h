// Refuses a grammar that llama.cpp would walk without end, or far too wide, before it does: nothing can interrupt it.
#pragma once

#include "llama-grammar.h"

#include <cstddef>

namespace freehold {

// A grammar costs a pass over the vocabulary for each way in which it may go on: beyond this many, a step of everybody
// would wait for one client's grammar. (Measured: 1,000 ways cost 0.1 to 1 s a token on two busy cores.)
constexpr size_t GRAMMAR_WAYS_MAX = 512;

// Throws a refusal. The rules are as the parser left them; their names are not repeated.
void check_grammar_bounds(const llama_grammar_rules & rules);

}  // namespace freehold
