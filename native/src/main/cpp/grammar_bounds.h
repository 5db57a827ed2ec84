// Refuses a grammar that llama.cpp would walk without end, or far too wide, before it does: nothing can interrupt it.
#pragma once

#include "llama-grammar.h"

#include <cstddef>
#include <set>

namespace freehold {

// A grammar costs a pass over the vocabulary for each way in which it may go on: beyond this many, a step of everybody
// would wait for one client's grammar. (Measured: 1,000 ways cost 0.1 to 1 s a token on two busy cores.)
constexpr size_t GRAMMAR_WAYS_MAX = 512;

// Throws a refusal. The rules are as the parser left them; their names are not repeated.
void check_grammar_bounds(const llama_grammar_rules & rules);

// Watches where one grammar stands. llama.cpp reads a token once for each way in which its text can be taken, and does
// not join ways that meet again: where they multiply with each character, one token never ends.
class grammar_readings {
  public:
    // Throws a refusal if a text that may come next can be taken in too many ways. What is found is a growth along the
    // text that most ways agree on, from each character that may come first. The grammar stands afterwards where it stood.
    void check(llama_grammar & grammar);

  private:
    std::set<llama_grammar_stacks> known;   // where it has stood, found harmless

    static constexpr size_t KNOWN_MAX = 4096;
};

}  // namespace freehold
