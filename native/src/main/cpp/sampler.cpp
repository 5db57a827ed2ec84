// Samplers: llama.cpp's common sampler, with its grammar taken from an applied chat prompt or from the caller.
#include "context.h"
#include "grammar_bounds.h"
#include "guard.h"
#include "prompt.h"

#include "common.h"
#include "llama.h"
#include "llama-grammar.h"
#include "sampling.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace freehold;

struct free_grammar {
    void operator()(llama_grammar * grammar) const { llama_grammar_free_impl(grammar); }
};
using grammar_ptr = std::unique_ptr<llama_grammar, free_grammar>;

struct freehold_sampler {
    const llama_model *    model;
    common_params_sampling params;
    common_sampler_ptr     native;
    grammar_readings       readings;          // of the shadow, whose stacks it knows again
    grammar_ptr            shadow;            // stands where the native one's grammar stands, which shows nobody
    bool                   greedy  = false;   // nothing stands between the logits and the likeliest token
    bool                   refused = false;   // its grammar refused a token and stands nowhere until a reset
};

namespace {

// A preserved piece or a trigger that is one token in this vocabulary is meant as that token.
void take_triggers(const llama_vocab * vocab, const common_chat_params & from, common_params_sampling & to) {
    for (const std::string & piece : from.preserved_tokens) {
        const auto tokens = common_tokenize(vocab, piece, false, true);
        if (tokens.size() == 1) {
            to.preserved_tokens.insert(tokens[0]);
        }
    }
    for (const common_grammar_trigger & trigger : from.grammar_triggers) {
        common_grammar_trigger taken = trigger;
        if (trigger.type == COMMON_GRAMMAR_TRIGGER_TYPE_WORD) {
            const auto tokens = common_tokenize(vocab, trigger.value, false, true);
            if (tokens.size() == 1 && to.preserved_tokens.count(tokens[0]) != 0) {
                taken.type  = COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN;
                taken.token = tokens[0];
            }
        }
        to.grammar_triggers.push_back(taken);
    }
    if (to.grammar_lazy && to.grammar_triggers.empty()) {
        throw refusal("the chat template gave a lazy grammar and nothing that triggers it");
    }
}

// A lazy grammar must not be woken by what the model only thinks: llama.cpp's reasoning sampler watches the tags.
void take_reasoning_tags(const llama_vocab * vocab, const common_chat_params & from, common_params_sampling & to) {
    if (from.thinking_end_tags.empty()) {
        return;
    }
    to.reasoning_budget_start = common_tokenize(vocab, from.thinking_start_tag, false, true);
    for (const std::string & tag : from.thinking_end_tags) {
        if (!tag.empty()) {
            to.reasoning_budget_end.push_back(common_tokenize(vocab, tag, false, true));
        }
    }
    if (!to.reasoning_budget_end.empty()) {
        to.reasoning_budget_forced = to.reasoning_budget_end.front();
    }
}

void take_prompt(const llama_vocab * vocab, const freehold_chat_prompt & prompt, common_params_sampling & to) {
    const common_chat_params & from = prompt.params;
    to.generation_prompt = from.generation_prompt;
    if (!from.grammar.empty()) {
        to.grammar = {COMMON_GRAMMAR_TYPE_TOOL_CALLS, from.grammar};
        to.grammar_lazy = from.grammar_lazy;
        take_triggers(vocab, from, to);
    }
    take_reasoning_tags(vocab, from, to);
}

// A sampler that no request can see past: the token is never chosen.
void forbid_endings(const llama_vocab * vocab, common_params_sampling & to) {
    for (int32_t token = 0; token < llama_vocab_n_tokens(vocab); token++) {
        if (llama_vocab_is_eog(vocab, token)) {
            to.logit_bias.push_back({token, -INFINITY});
        }
    }
}

void take_rarer_samplers(const freehold_sampler_params & params, const llama_vocab * vocab, common_params_sampling & out) {
    out.top_n_sigma        = params.top_n_sigma;
    out.xtc_probability    = params.xtc_probability;
    out.xtc_threshold      = params.xtc_threshold;
    out.dry_multiplier     = params.dry_multiplier;
    out.dry_base           = params.dry_base;
    out.dry_allowed_length = params.dry_allowed_length;
    out.dry_penalty_last_n = params.dry_penalty_last_n;
    out.mirostat           = params.mirostat;
    out.mirostat_tau       = params.mirostat_tau;
    out.mirostat_eta       = params.mirostat_eta;
    out.dynatemp_range     = params.dynatemp_range;
    out.dynatemp_exponent  = params.dynatemp_exponent;
    out.min_keep           = params.min_keep;
    if (params.breakers_bytes > 0) {
        out.dry_sequence_breakers.clear();
        for (int32_t at = 0; at < params.breakers_bytes;) {
            out.dry_sequence_breakers.emplace_back(params.breakers + at);
            at += (int32_t) out.dry_sequence_breakers.back().size() + 1;
        }
    }
    if (params.ignore_eos != 0) {
        out.ignore_eos = true;
        forbid_endings(vocab, out);
    }
}

common_params_sampling read_params(
        const llama_model * model, const freehold_sampler_params * params, const freehold_chat_prompt * prompt) {
    const llama_vocab * vocab = llama_model_get_vocab(model);
    common_params_sampling out;
    out.no_perf         = true;
    out.seed            = params->seed;
    out.temp            = params->temperature;
    out.top_k           = params->top_k;
    out.top_p           = params->top_p;
    out.min_p           = params->min_p;
    out.typ_p           = params->typical_p;
    out.penalty_repeat  = params->repeat_penalty;
    out.penalty_freq    = params->frequency_penalty;
    out.penalty_present = params->presence_penalty;
    out.penalty_last_n  = params->penalty_last_n;
    take_rarer_samplers(*params, vocab, out);
    const int32_t n_vocab = llama_vocab_n_tokens(vocab);
    for (int32_t i = 0; i < params->logit_bias_count; i++) {
        const freehold_logit_bias & bias = params->logit_bias[i];
        if (bias.token < 0 || bias.token >= n_vocab) {
            throw refusal("a logit bias names token " + std::to_string(bias.token) + ", the vocabulary ends at "
                    + std::to_string(n_vocab - 1));
        }
        const bool ends = params->ignore_eos != 0 && llama_vocab_is_eog(vocab, bias.token);
        if (!ends) {
            out.logit_bias.push_back({bias.token, bias.bias});
        }
    }
    std::sort(out.logit_bias.begin(), out.logit_bias.end(), [](const llama_logit_bias & a, const llama_logit_bias & b) {
        return a.token < b.token;
    });
    if (params->grammar_bytes > 0) {
        out.grammar = {COMMON_GRAMMAR_TYPE_USER, std::string(params->grammar, (size_t) params->grammar_bytes)};
    }
    if (prompt != nullptr) {
        take_prompt(vocab, *prompt, out);
    }
    if (common_grammar_value(out.grammar).compare(0, 11, "%llguidance") == 0) {
        throw refusal("this build has no llguidance: write the grammar in GBNF");
    }
    return out;
}

// Whether the chain would do no more than pick the largest biased logit.
bool picks_likeliest(const common_params_sampling & params) {
    const bool penalties = params.penalty_last_n != 0
            && (params.penalty_repeat != 1.0f || params.penalty_freq != 0.0f || params.penalty_present != 0.0f);
    // These may remove or punish the likeliest token, or heat what was to be cold.
    const bool others = params.typ_p < 1.0f || params.xtc_probability > 0.0f || params.dry_multiplier != 0.0f
            || params.mirostat != 0 || params.dynatemp_range > 0.0f;
    return params.temp <= 0.0f && !penalties && !others && params.reasoning_budget_end.empty()
            && common_grammar_value(params.grammar).empty();
}

// The chain builds and sorts a candidate for each token of the vocabulary; this reads each logit once.
// `biases` are in the order of their tokens, each token once.
int32_t likeliest(const float * logits, int32_t n_vocab, const std::vector<llama_logit_bias> & biases) {
    int32_t best = -1;
    float best_logit = 0.0f;
    const auto consider = [&](int32_t token, float logit) {
        if (best < 0 || logit > best_logit) {
            best = token;
            best_logit = logit;
        }
    };
    int32_t token = 0;
    for (const llama_logit_bias & bias : biases) {
        for (; token < bias.token; token++) {
            consider(token, logits[token]);
        }
        consider(token, logits[token] + bias.bias);
        token++;
    }
    for (; token < n_vocab; token++) {
        consider(token, logits[token]);
    }
    return best;
}

void check_ways(llama_grammar * grammar) {
    const size_t ways = llama_grammar_get_stacks(grammar).size();
    if (ways > GRAMMAR_WAYS_MAX) {
        throw grammar_refusal(FREEHOLD_GRAMMAR_TOO_WIDE, "the grammar may go on in " + std::to_string(ways) + " ways at once, this box follows at most "
                + std::to_string(GRAMMAR_WAYS_MAX) + ": use fewer alternatives and no repetition inside a repetition");
    }
}

// Its first tokens as common_sampler_init feeds them to its own.
void accept_generation_prompt(const llama_vocab * vocab, const std::string & prompt, llama_grammar & grammar) {
    const auto tokens = common_tokenize(vocab, prompt, false, true);
    for (size_t i = 0; i < tokens.size(); i++) {
        const std::string piece = common_token_to_piece(vocab, tokens[i], true);
        const bool space_before = i == 0 && !piece.empty() && std::isspace((unsigned char) piece[0])
                && !std::isspace((unsigned char) prompt[0]);
        if (!space_before) {
            llama_grammar_accept_impl(grammar, tokens[i]);
        }
    }
}

// Of a grammar that the caller wrote. Those of llama.cpp's chat templates multiply in their white space and are its own;
// what a client adds to them, schemas, the caller bounds.
void check_place(llama_grammar & grammar, const common_params_sampling & params, grammar_readings & readings) {
    check_ways(&grammar);
    if (params.grammar.type == COMMON_GRAMMAR_TYPE_USER) {
        readings.check(grammar);
    }
}

// A lazy grammar has none: it stands nowhere until it is triggered. Its rules were bounded as every grammar's.
grammar_ptr make_shadow(const llama_model * model, const common_params_sampling & params, grammar_readings & readings) {
    const std::string & grammar = common_grammar_value(params.grammar);
    if (grammar.empty() || params.grammar_lazy) {
        return nullptr;
    }
    const llama_vocab * vocab = llama_model_get_vocab(model);
    grammar_ptr made(llama_grammar_init_impl(vocab, grammar.c_str(), "root", false, nullptr, 0, nullptr, 0));
    if (made == nullptr) {
        throw refusal("the grammar cannot be used: a rule is not defined, or begins with itself");
    }
    readings = grammar_readings();
    check_place(*made, params, readings);
    if (!params.generation_prompt.empty() && common_grammar_needs_prefill(params.grammar)) {
        accept_generation_prompt(vocab, params.generation_prompt, *made);
        check_place(*made, params, readings);
    }
    return made;
}

// Where in a text something stands, as an editor shows it.
std::string line_and_column(const std::string & text, size_t at) {
    const std::string before = text.substr(0, at);
    const size_t line = 1 + (size_t) std::count(before.begin(), before.end(), '\n');
    const size_t start = before.rfind('\n');
    const size_t column = start == std::string::npos ? at + 1 : at - start;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

const char * skip_space(const char * at) {
    while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n' || *at == '#') {
        if (*at == '#') {
            while (*at != 0 && *at != '\r' && *at != '\n') {
                at++;
            }
        } else {
            at++;
        }
    }
    return at;
}

// llama.cpp's parser recurses with each group, and a few thousand of them overflow a thread's stack.
constexpr int GROUPS_DEEP_MAX = 64;

// Reads literals, classes, tokens and comments as llama.cpp's parser does: a comment ends with its line, of either kind, and
// knows no escapes.
int deepest_group(const std::string & grammar) {
    int depth = 0;
    int deepest = 0;
    char closing = 0;   // of the literal or the class that is open
    for (size_t i = 0; i < grammar.size(); i++) {
        const char c = grammar[i];
        if (closing != 0) {
            i += c == '\\' ? 1 : 0;
            closing = c == closing ? 0 : closing;
        } else if (c == '#') {
            i = std::min(grammar.find_first_of("\r\n", i), grammar.size());
        } else if (c == '<') {
            i = std::min(grammar.find('>', i), grammar.size());
        } else if (c == '"' || c == '[') {
            closing = c == '"' ? '"' : ']';
        } else if (c == '(') {
            deepest = std::max(deepest, ++depth);
        } else if (c == ')') {
            depth--;
        }
    }
    return deepest;
}

// llama.cpp says that a grammar is wrong, but where only on stderr; its parser is asked rule by rule here. Its words
// end with the rest of the grammar, whose length tells the place; the grammar's own text is not repeated.
void check_grammar(const llama_model * model, const std::string & grammar) {
    if (grammar.empty()) {
        return;
    }
    if (deepest_group(grammar) > GROUPS_DEEP_MAX) {
        throw refusal("the grammar has groups nested deeper than " + std::to_string(GROUPS_DEEP_MAX));
    }
    llama_grammar_parser parser(llama_model_get_vocab(model));
    const char * at = skip_space(grammar.c_str());
    try {
        while (*at != 0) {
            at = parser.parse_rule(at);
        }
    } catch (const native_assertion &) {
        throw;
    } catch (const std::exception & e) {
        const std::string words = e.what();
        const size_t cut = words.find(" at ");
        size_t place = (size_t) (at - grammar.c_str());
        std::string what = "a rule is malformed or repeats too much";
        if (cut != std::string::npos) {
            what = words.substr(0, cut);
            const size_t rest = words.size() - cut - 4;
            place = rest <= grammar.size() ? grammar.size() - rest : place;
        }
        throw refusal("the grammar is wrong at " + line_and_column(grammar, place) + ": " + what);
    }
    if (parser.symbol_ids.find("root") == parser.symbol_ids.end()) {
        throw refusal("the grammar has no rule named root");
    }
    check_grammar_bounds(parser.rules);
}

// common_sampler_init may change its parameters, so a copy is given: a reset starts from the same ones.
common_sampler_ptr build(const llama_model * model, const common_params_sampling & params) {
    common_params_sampling own = params;
    try {
        return common_sampler_ptr(common_sampler_init(model, own));
    } catch (const native_assertion &) {
        throw;
    } catch (const std::exception &) {
        // Not its words: they may quote the grammar, which a client wrote.
        throw refusal(common_grammar_value(params.grammar).empty()
                ? "llama.cpp refuses these sampling values" : "llama.cpp cannot use this grammar or these sampling values");
    }
}

}  // namespace

int32_t freehold_sampler_create(
        const llama_model * model, const freehold_sampler_params * params, const freehold_chat_prompt * prompt,
        freehold_sampler ** sampler, char * message) {
    return guarded(message, false, [&] {
        *sampler = nullptr;
        auto made = std::make_unique<freehold_sampler>();
        made->model  = model;
        made->params = read_params(model, params, prompt);
        made->greedy = picks_likeliest(made->params);
        check_grammar(model, common_grammar_value(made->params.grammar));
        made->shadow = make_shadow(model, made->params, made->readings);
        made->native = build(model, made->params);
        if (made->params.seed == LLAMA_DEFAULT_SEED) {
            made->params.seed = common_sampler_get_seed(made->native.get());   // a reset repeats the seed that was drawn
        }
        *sampler = made.release();
        return FREEHOLD_OK;
    });
}

void freehold_sampler_free(freehold_sampler * sampler) {
    guarded(nullptr, false, [&] {
        delete sampler;
        return FREEHOLD_OK;
    });
}

int32_t freehold_sampler_sample(freehold_sampler * sampler, freehold_context * context, int32_t index, char * message) {
    return guarded(message, false, [&] {
        if (sampler->refused) {
            throw refusal("this sampler's grammar refused a token: reset it first");
        }
        const float * logits = llama_get_logits_ith(context->native, index);
        if (logits == nullptr) {
            throw refusal("entry " + std::to_string(index) + " of the last batch asked for no output");
        }
        if (sampler->greedy) {
            return likeliest(
                    logits, llama_vocab_n_tokens(llama_model_get_vocab(sampler->model)), sampler->params.logit_bias);
        }
        return (int32_t) common_sampler_sample(sampler->native.get(), context->native, index);
    });
}

int32_t freehold_sampler_accept(freehold_sampler * sampler, int32_t token, char * message) {
    return guarded(message, false, [&] {
        if (sampler->refused) {
            throw refusal("this sampler's grammar refused a token: reset it first");
        }
        if (token < 0 || token >= llama_vocab_n_tokens(llama_model_get_vocab(sampler->model))) {
            throw refusal("token " + std::to_string(token) + " is not in the vocabulary");
        }
        sampler->refused = true;
        try {
            common_sampler_accept(sampler->native.get(), token, true);
            if (sampler->shadow != nullptr) {
                llama_grammar_accept_impl(*sampler->shadow, token);
            }
        } catch (const std::exception &) {
            // Not its words: they quote the token's text.
            throw grammar_refusal(FREEHOLD_GRAMMAR_REFUSED,
                    "the sampler's grammar forbids this token: it is finished, or allows nothing at all here");
        }
        if (sampler->shadow != nullptr) {
            check_place(*sampler->shadow, sampler->params, sampler->readings);
        }
        sampler->refused = false;
        return FREEHOLD_OK;
    });
}

int32_t freehold_sampler_reset(freehold_sampler * sampler, char * message) {
    return guarded(message, false, [&] {
        // llama.cpp's own reset leaves the grammar where it stands: a new one stands at its beginning.
        sampler->shadow = make_shadow(sampler->model, sampler->params, sampler->readings);
        sampler->native = build(sampler->model, sampler->params);
        sampler->refused = false;
        return FREEHOLD_OK;
    });
}
