// What a grammar may cost is counted on its rules, each visited once, however often the grammar comes back to it.
#include "grammar_bounds.h"
#include "guard.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace freehold {

namespace {

constexpr size_t   ELEMENTS_MAX     = 4 << 20;     // of all rules together, 8 bytes each and a few copies
constexpr uint64_t STEPS_MAX        = 100'000;     // that llama.cpp takes from one character to those that may follow
constexpr uint64_t DESCENTS_MAX     = 100'000;     // calls in which it looks for a rule that begins with itself
constexpr uint64_t DESCENT_DEEP_MAX = 1'024;       // such calls inside each other: its stack is its thread's
constexpr uint64_t SATURATED        = 1ULL << 40;

uint64_t sum(uint64_t a, uint64_t b) { return std::min(a + b, SATURATED); }

bool ends(const llama_grammar_element & e) { return e.type == LLAMA_GRETYPE_END || e.type == LLAMA_GRETYPE_ALT; }

bool refers(const llama_grammar_element & e) { return e.type == LLAMA_GRETYPE_RULE_REF; }

using graph = std::vector<std::vector<uint32_t>>;

// Which rules reach each other (Tarjan's algorithm, without recursion): a number each, lower for what is reached.
struct components {
    std::vector<uint32_t>              of;
    std::vector<std::vector<uint32_t>> members;

    explicit components(const graph & edges) : of(edges.size(), UNSEEN), low(edges.size()), order(edges.size(), UNSEEN) {
        for (uint32_t rule = 0; rule < edges.size(); rule++) {
            if (order[rule] == UNSEEN) {
                walk(edges, rule);
            }
        }
    }

  private:
    static constexpr uint32_t UNSEEN = UINT32_MAX;

    struct visit {
        uint32_t rule;
        size_t   edge;
    };

    std::vector<uint32_t> low;
    std::vector<uint32_t> order;
    std::vector<uint32_t> open;
    uint32_t              seen = 0;

    void enter(std::vector<visit> & path, uint32_t rule) {
        order[rule] = low[rule] = seen++;
        open.push_back(rule);
        path.push_back({rule, 0});
    }

    void walk(const graph & edges, uint32_t start) {
        std::vector<visit> path;
        enter(path, start);
        while (!path.empty()) {
            const uint32_t rule = path.back().rule;
            if (path.back().edge < edges[rule].size()) {
                const uint32_t next = edges[rule][path.back().edge++];
                if (order[next] == UNSEEN) {
                    enter(path, next);
                } else if (of[next] == UNSEEN) {
                    low[rule] = std::min(low[rule], order[next]);
                }
                continue;
            }
            path.pop_back();
            if (!path.empty()) {
                low[path.back().rule] = std::min(low[path.back().rule], low[rule]);
            }
            if (low[rule] == order[rule]) {
                close(rule);
            }
        }
    }

    void close(uint32_t root) {
        members.emplace_back();
        uint32_t rule;
        do {
            rule = open.back();
            open.pop_back();
            of[rule] = (uint32_t) members.size() - 1;
            members.back().push_back(rule);
        } while (rule != root);
    }
};

void check_size(const llama_grammar_rules & rules) {
    size_t elements = 0;
    for (const llama_grammar_rule & rule : rules) {
        elements += rule.size();
        if (rule.empty()) {
            throw refusal("the grammar cannot be used: a rule is not defined");
        }
        for (const llama_grammar_element & e : rule) {
            if (refers(e) && (e.value >= rules.size() || rules[e.value].empty())) {
                throw refusal("the grammar cannot be used: a rule is not defined");
            }
        }
    }
    if (elements > ELEMENTS_MAX) {
        throw refusal("the grammar has " + std::to_string(elements) + " parts when its repetitions are written out, at most "
                + std::to_string(ELEMENTS_MAX) + " are allowed: repeat less");
    }
}

[[noreturn]] void refuse_recursion() {
    throw refusal("the grammar cannot be used: a rule begins with itself");
}

void check_ways(uint64_t ways) {
    if (ways > GRAMMAR_WAYS_MAX) {
        throw refusal("the grammar may go on in " + (ways < SATURATED ? std::to_string(ways) : std::string("countless"))
                + " ways at once, this box follows at most " + std::to_string(GRAMMAR_WAYS_MAX)
                + ": use fewer alternatives and no repetition inside a repetition");
    }
}

// Which rules may match nothing at all.
std::vector<bool> empty_rules(const llama_grammar_rules & rules) {
    struct alternative {
        uint32_t rule;
        size_t   waits_for;   // references that are not known to match nothing
    };
    std::vector<alternative> alternatives;
    graph uses(rules.size());   // the alternatives in which a rule stands
    std::vector<size_t> ready;
    for (uint32_t rule = 0; rule < rules.size(); rule++) {
        for (size_t i = 0; i < rules[rule].size(); i++) {
            const size_t from = i;
            bool reads = false;
            for (; !ends(rules[rule][i]); i++) {
                reads = reads || !refers(rules[rule][i]);
            }
            if (reads) {
                continue;
            }
            for (size_t at = from; at < i; at++) {
                uses[rules[rule][at].value].push_back((uint32_t) alternatives.size());
            }
            if (i == from) {
                ready.push_back(alternatives.size());
            }
            alternatives.push_back({rule, i - from});
        }
    }
    std::vector<bool> empty(rules.size());
    while (!ready.empty()) {
        const uint32_t rule = alternatives[ready.back()].rule;
        ready.pop_back();
        if (empty[rule]) {
            continue;
        }
        empty[rule] = true;
        for (const uint32_t use : uses[rule]) {
            if (--alternatives[use].waits_for == 0) {
                ready.push_back(use);
            }
        }
    }
    return empty;
}

// The rules with which a rule may begin, once for each place.
graph beginnings(const llama_grammar_rules & rules, const std::vector<bool> & empty) {
    graph out(rules.size());
    for (size_t rule = 0; rule < rules.size(); rule++) {
        bool at_start = true;
        for (const llama_grammar_element & e : rules[rule]) {
            if (refers(e) && at_start) {
                out[rule].push_back(e.value);
            }
            at_start = ends(e) || (at_start && refers(e) && empty[e.value]);
        }
    }
    return out;
}

// llama.cpp looks for left recursion by walking every path, and takes a rule for empty only if one of its alternatives
// is written empty.
void check_descents(const llama_grammar_rules & rules) {
    std::vector<bool> written_empty(rules.size());
    for (size_t rule = 0; rule < rules.size(); rule++) {
        bool at_start = true;
        for (const llama_grammar_element & e : rules[rule]) {
            written_empty[rule] = written_empty[rule] || (at_start && ends(e));
            at_start = ends(e);
        }
    }
    const graph begins = beginnings(rules, written_empty);
    const components parts(begins);
    std::vector<uint64_t> calls(rules.size());
    std::vector<uint64_t> deep(rules.size());
    uint64_t all = 0;
    for (const std::vector<uint32_t> & part : parts.members) {
        const uint32_t rule = part.front();
        calls[rule] = 1;
        deep[rule] = 1;
        for (const uint32_t next : begins[rule]) {
            if (parts.of[next] == parts.of[rule]) {
                refuse_recursion();
            }
            calls[rule] = sum(calls[rule], calls[next]);
            deep[rule] = std::max(deep[rule], 1 + deep[next]);
        }
        all = std::max(all, calls[rule]);
        if (all > DESCENTS_MAX || deep[rule] > DESCENT_DEEP_MAX) {
            throw refusal("the grammar's rules begin with each other on too many paths or too deep (at most "
                    + std::to_string(DESCENTS_MAX) + " and " + std::to_string(DESCENT_DEEP_MAX)
                    + "): use fewer alternatives that begin with rules, and shorter chains of rules");
        }
    }
}

// In how many ways a rule may begin, and how many stacks llama.cpp makes to find them.
struct beginning {
    uint64_t ways  = 0;
    uint64_t steps = 0;
};

class width {
  public:
    explicit width(const llama_grammar_rules & rules)
        : rules(rules), empty(empty_rules(rules)), parts(beginnings(rules, empty)), begins(parts.members.size()) {}

    void check() {
        for (uint32_t part = 0; part < parts.members.size(); part++) {
            for (const uint32_t rule : parts.members[part]) {
                count(part, rules[rule]);
            }
            check_ways(begins[part].ways);
            if (begins[part].steps > STEPS_MAX) {
                throw refusal("the grammar takes more than " + std::to_string(STEPS_MAX)
                        + " steps from one character to the next: use fewer empty alternatives and repetitions");
            }
        }
        check_continuations();
    }

  private:
    const llama_grammar_rules & rules;
    std::vector<bool>           empty;
    components                  parts;
    std::vector<beginning>      begins;

    // Rules that begin with each other through their last places only are walked once each: what they add is shared.
    void count(uint32_t part, const llama_grammar_rule & rule) {
        beginning & into = begins[part];
        bool at_start = true;
        for (size_t i = 0; i < rule.size(); i++) {
            const llama_grammar_element & e = rule[i];
            if (ends(e)) {
                into.steps = sum(into.steps, 1);
                at_start = true;
            } else if (at_start && refers(e)) {
                const uint32_t other = parts.of[e.value];
                if (other == part && !ends(rule[i + 1])) {
                    refuse_recursion();
                }
                into.ways = sum(into.ways, other == part ? 0 : begins[other].ways);
                into.steps = sum(into.steps, 1 + (other == part ? 0 : begins[other].steps));
                at_start = empty[e.value];
            } else if (at_start) {
                into.ways = sum(into.ways, 1);
                into.steps = sum(into.steps, 1);
                at_start = false;
            }
        }
    }

    struct tail {
        uint32_t caller;
        uint64_t ways;
    };

    // What may follow once a rule is over: what stands behind it, and where that may match nothing, what follows there.
    // Rules that follow each other in a circle count once round: each further round costs the text a character.
    void check_continuations() {
        graph callers(rules.size());
        std::vector<std::vector<tail>> tails(rules.size());
        std::vector<uint64_t> after(rules.size());
        std::vector<uint64_t> most(rules.size());   // of a rule's own ends that may match nothing
        for (uint32_t rule = 0; rule < rules.size(); rule++) {
            uint64_t ways = 0;
            bool nothing = true;
            for (size_t i = rules[rule].size(); i-- > 0;) {
                const llama_grammar_element & e = rules[rule][i];
                if (ends(e)) {
                    ways = 0;
                    nothing = true;
                    continue;
                }
                if (!refers(e)) {
                    ways = 1;
                    nothing = false;
                    continue;
                }
                if (nothing) {
                    callers[e.value].push_back(rule);
                    tails[e.value].push_back({rule, ways});
                } else {
                    after[e.value] = std::max(after[e.value], ways);
                }
                ways = sum(begins[parts.of[e.value]].ways, empty[e.value] ? ways : 0);
                nothing = nothing && empty[e.value];
                check_ways(ways);
                most[rule] = nothing ? std::max(most[rule], ways) : most[rule];
            }
        }
        follow(components(callers), tails, after, most);
    }

    void follow(
            const components & chains, const std::vector<std::vector<tail>> & tails, const std::vector<uint64_t> & after,
            const std::vector<uint64_t> & most) {
        std::vector<uint64_t> follows(chains.members.size());
        for (uint32_t chain = 0; chain < chains.members.size(); chain++) {
            uint64_t round = 0;
            uint64_t leaves = 0;
            for (const uint32_t rule : chains.members[chain]) {
                uint64_t widest = 0;
                leaves = std::max(leaves, after[rule]);
                for (const tail & t : tails[rule]) {
                    if (chains.of[t.caller] == chain) {
                        widest = std::max(widest, t.ways);
                    } else {
                        leaves = std::max(leaves, sum(t.ways, follows[chains.of[t.caller]]));
                    }
                }
                round = sum(round, widest);
            }
            follows[chain] = sum(round, leaves);
            for (const uint32_t rule : chains.members[chain]) {
                check_ways(sum(most[rule], follows[chain]));
            }
        }
    }
};

constexpr double READINGS_MAX     = 10'000;
constexpr int    CHARACTERS_AHEAD = 32;    // enough for what doubles, or nearly; each costs a step of everybody
constexpr size_t FIRST_MAX        = 64;    // characters that are tried first

using readings = std::map<llama_grammar_stack, double>;

bool reads_a_character(const llama_grammar_stack & stack) {
    return !stack.empty() && stack.back()->type != LLAMA_GRETYPE_TOKEN && stack.back()->type != LLAMA_GRETYPE_TOKEN_NOT;
}

// As llama.cpp matches a class: ranges and single characters in a row, of which one type says whether it is negated.
bool matches(const llama_grammar_element * at, uint32_t character) {
    const bool positive = at->type != LLAMA_GRETYPE_CHAR_NOT;
    bool found = false;
    do {
        const bool any = at->type == LLAMA_GRETYPE_CHAR_ANY;
        const bool range = at[1].type == LLAMA_GRETYPE_CHAR_RNG_UPPER;
        found = found || any || (range ? at->value <= character && character <= at[1].value : at->value == character);
        at += range ? 2 : 1;
    } while (at->type == LLAMA_GRETYPE_CHAR_ALT);
    return found == positive;
}

// The characters at which the classes change, and two of text for classes that say only what they are not.
std::set<uint32_t> characters(const readings & at) {
    std::set<uint32_t> out = {'a', ' '};
    for (const auto & [stack, _] : at) {
        const llama_grammar_element * e = reads_a_character(stack) ? stack.back() : nullptr;
        while (e != nullptr && out.size() < FIRST_MAX) {
            out.insert(e->value);
            e += e[1].type == LLAMA_GRETYPE_CHAR_RNG_UPPER ? 2 : 1;
            e = e->type == LLAMA_GRETYPE_CHAR_ALT ? e : nullptr;
        }
    }
    return out;
}

double readers(const readings & at, uint32_t character) {
    double sum = 0;
    for (const auto & [stack, ways] : at) {
        sum += reads_a_character(stack) && matches(stack.back(), character) ? ways : 0;
    }
    return sum;
}

readings after(llama_grammar & grammar, const readings & at, uint32_t character) {
    readings next;
    for (const auto & [stack, ways] : at) {
        if (reads_a_character(stack) && matches(stack.back(), character)) {
            grammar.stacks = {stack};
            llama_grammar_accept(&grammar, character);
            for (const llama_grammar_stack & reached : grammar.stacks) {
                next[reached] += ways;
            }
        }
    }
    return next;
}

void check_growth(llama_grammar & grammar, readings at, uint32_t character) {
    std::set<readings> seen;
    for (int i = 0; i < CHARACTERS_AHEAD && seen.insert(at).second; i++) {
        if (readers(at, character) > READINGS_MAX) {
            throw grammar_refusal(FREEHOLD_GRAMMAR_TOO_WIDE,
                    "the grammar can take one text in too many ways, which multiply with its length: let no repetition repeat "
                    "what may be empty, and no two alternatives of a repetition begin alike");
        }
        at = after(grammar, at, character);
        double most = 0;
        for (const uint32_t next : characters(at)) {
            const double ways = readers(at, next);
            if (ways > most) {
                most = ways;
                character = next;
            }
        }
        if (most == 0) {
            return;
        }
    }
}

}  // namespace

void grammar_readings::check(llama_grammar & grammar) {
    const llama_grammar_stacks here = grammar.stacks;
    if (known.count(here) != 0) {
        return;
    }
    readings at;
    for (const llama_grammar_stack & stack : here) {
        at[stack] = 1;
    }
    try {
        for (const uint32_t first : characters(at)) {
            check_growth(grammar, at, first);
        }
    } catch (...) {
        grammar.stacks = here;
        throw;
    }
    grammar.stacks = here;
    if (known.size() < KNOWN_MAX) {
        known.insert(here);
    }
}

void check_grammar_bounds(const llama_grammar_rules & rules) {
    check_size(rules);
    check_descents(rules);
    width(rules).check();
}

}  // namespace freehold
