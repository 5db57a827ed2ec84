// Chat: templates, tool calls, reasoning, grammars from JSON schemas. All of it is llama.cpp's chat library.
#include "guard.h"
#include "prompt.h"

#include "chat.h"
#include "json-schema-to-grammar.h"
#include "json.h"

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#if !defined(_WIN32)
#    include <pthread.h>
#endif

using namespace freehold;

namespace {

// llama.cpp quotes the offending value in its complaints; a value of a client's request belongs in no log.
std::string without_values(const std::string & complaint) {
    const size_t cut = complaint.find_first_of("{[\"\n");
    std::string kept = complaint.substr(0, cut);
    while (!kept.empty() && (kept.back() == ' ' || kept.back() == ':' || kept.back() == ',')) {
        kept.pop_back();
    }
    return kept;
}

common_json parse_json(const char * text, int64_t bytes, const char * what) {
    check_json_depth(text, bytes);
    common_json json = common_json::parse_no_throw(std::string(text, (size_t) bytes));
    if (json.is_discarded()) {
        throw refusal(std::string(what) + " is not valid JSON");
    }
    return json;
}

bool present(const common_json & object, const char * key) {
    return object.contains(key) && !object.at(key).is_null();
}

bool flag(const common_json & object, const char * key, bool otherwise) {
    if (!present(object, key)) {
        return otherwise;
    }
    if (!object.at(key).is_boolean()) {
        throw refusal(std::string("'") + key + "' must be true or false");
    }
    return object.at(key).get<bool>();
}

std::string text(const common_json & object, const char * key, const char * otherwise) {
    if (!present(object, key)) {
        return otherwise;
    }
    if (!object.at(key).is_string()) {
        throw refusal(std::string("'") + key + "' must be a string");
    }
    return object.at(key).get<std::string>();
}

// Every argument of a template is itself JSON; "enable_thinking" is also a setting of its own.
void read_template_arguments(const common_json & request, common_chat_templates_inputs & inputs) {
    inputs.enable_thinking = flag(request, "enable_thinking", true);
    if (!present(request, "chat_template_kwargs")) {
        return;
    }
    const common_json & arguments = request.at("chat_template_kwargs");
    if (!arguments.is_object()) {
        throw refusal("'chat_template_kwargs' must be an object");
    }
    for (const auto & argument : arguments.items()) {
        inputs.chat_template_kwargs[argument.key()] = argument.value().dump();
    }
    inputs.enable_thinking = flag(arguments, "enable_thinking", inputs.enable_thinking);
}

void read_output_shape(const common_json & request, common_chat_templates_inputs & inputs) {
    inputs.grammar = text(request, "grammar", "");
    if (present(request, "json_schema")) {
        if (!inputs.grammar.empty()) {
            throw refusal("a request has a 'json_schema' or a 'grammar', not both");
        }
        common_json schema = request.at("json_schema");
        if (schema.is_object() && schema.empty()) {
            schema["type"] = "object";   // no constraint still means an object
        }
        inputs.json_schema = schema.dump();
    }
    const bool tools_usable = !inputs.tools.empty() && inputs.tool_choice != COMMON_CHAT_TOOL_CHOICE_NONE;
    if (tools_usable && !inputs.grammar.empty()) {
        throw refusal("a request has 'tools' or a 'grammar' of its own, not both");
    }
}

common_chat_tool_choice read_tool_choice(const common_json & request) {
    const std::string choice = text(request, "tool_choice", "auto");
    if (choice != "auto" && choice != "none" && choice != "required") {
        throw refusal("'tool_choice' must be auto, none or required");
    }
    return common_chat_tool_choice_parse_oaicompat(choice);
}

common_reasoning_format read_reasoning_format(const common_json & request) {
    const std::string format = text(request, "reasoning_format", "auto");
    if (format != "auto" && format != "none" && format != "deepseek" && format != "deepseek-legacy") {
        throw refusal("'reasoning_format' must be auto, none, deepseek or deepseek-legacy");
    }
    return common_reasoning_format_from_name(format);
}

common_chat_templates_inputs read_request(const freehold_chat_templates * templates, const common_json & request) {
    if (!request.is_object() || !request.contains("messages")) {
        throw refusal("a chat request is an object with 'messages'");
    }
    common_chat_templates_inputs inputs;
    try {
        inputs.messages = common_chat_msgs_parse_oaicompat(request.at("messages"));
        if (present(request, "tools")) {
            inputs.tools = common_chat_tools_parse_oaicompat(request.at("tools"));
        }
    } catch (const std::exception & e) {
        throw refusal("the chat request is malformed: " + without_values(e.what()));
    }
    if (inputs.messages.empty()) {
        throw refusal("a chat request has at least one message");
    }
    inputs.tool_choice      = read_tool_choice(request);
    inputs.reasoning_format = read_reasoning_format(request);
    auto abilities = common_chat_templates_get_caps(templates->native.get());
    inputs.parallel_tool_calls   = flag(request, "parallel_tool_calls", abilities["supports_parallel_tool_calls"]);
    inputs.add_generation_prompt = flag(request, "add_generation_prompt", true);
    read_output_shape(request, inputs);
    read_template_arguments(request, inputs);
    return inputs;
}

common_chat_msg parse_answer(const freehold_chat_prompt & prompt, const std::string & answer, bool partial) {
    return common_chat_parse(answer, partial, prompt.parser);
}

// Whether reading an answer through the parser gives back just that answer. Asked of the parser itself, since some
// templates wrap even plain answers in markers.
bool parser_changes_nothing(const freehold_chat_prompt & prompt, const common_chat_templates_inputs & inputs) {
    const bool tools_usable = !inputs.tools.empty() && inputs.tool_choice != COMMON_CHAT_TOOL_CHOICE_NONE;
    if (tools_usable || !prompt.params.thinking_start_tag.empty() || !prompt.params.thinking_end_tags.empty()) {
        return false;
    }
    // A schema's answer is content as well, but its parser accepts nothing that does not fit the schema.
    if (!inputs.json_schema.empty()) {
        return false;
    }
    for (const char * probe : {"", " a word\n", "One.\n\nTwo: {\"a\": [1]} <b>three</b>\n"}) {
        try {
            const common_chat_msg read = parse_answer(prompt, probe, false);
            if (read.content != probe || !read.reasoning_content.empty() || !read.tool_calls.empty()) {
                return false;
            }
        } catch (const std::exception &) {
            return false;
        }
    }
    return true;
}

std::unique_ptr<freehold_chat_prompt> apply(
        const freehold_chat_templates * templates, const common_chat_templates_inputs & inputs) {
    auto prompt = std::make_unique<freehold_chat_prompt>();
    try {
        prompt->params = common_chat_templates_apply(templates->native.get(), inputs);
    } catch (const native_assertion &) {
        throw;
    } catch (const std::exception & e) {
        throw refusal("the model's chat template does not accept this request: " + without_values(e.what()));
    }
    prompt->parser = common_chat_parser_params(prompt->params);
    prompt->parser.reasoning_format = inputs.reasoning_format;
    prompt->parser.parse_tool_calls = !inputs.tools.empty() && inputs.tool_choice != COMMON_CHAT_TOOL_CHOICE_NONE;
    if (!prompt->params.parser.empty()) {
        prompt->parser.parser.load(prompt->params.parser);
    }
    for (const std::string & stop : prompt->params.additional_stops) {
        prompt->stops += stop;
        prompt->stops += '\0';
    }
    prompt->plain = parser_changes_nothing(*prompt, inputs);
    return prompt;
}

std::string message_json(const common_chat_msg & message) {
    common_json out = common_json::object();
    out["role"] = "assistant";
    out["content"] = message.content;
    if (!message.reasoning_content.empty()) {
        out["reasoning_content"] = message.reasoning_content;
    }
    if (!message.tool_calls.empty()) {
        common_json calls = common_json::array();
        for (const common_chat_tool_call & call : message.tool_calls) {
            common_json function = common_json::object();
            function["name"] = call.name;
            function["arguments"] = call.arguments;
            common_json entry = common_json::object();
            if (!call.id.empty()) {
                entry["id"] = call.id;
            }
            entry["type"] = "function";
            entry["function"] = function;
            calls.push_back(entry);
        }
        out["tool_calls"] = calls;
    }
    return out.dump_safe();
}

// --- deep answers
//
// llama.cpp's parser recurses with the nesting of the text it reads, and a model can be talked into writing thousands
// of brackets. Up to NESTING_ON_CALLERS_STACK the caller's stack does; beyond, a thread with a large one reads the
// answer; beyond NESTING_MAX it is refused.

constexpr int NESTING_ON_CALLERS_STACK = 32;
constexpr int NESTING_MAX = 5000;
constexpr size_t DEEP_STACK_BYTES = (size_t) 256 * 1024 * 1024;   // reserved, not touched, until it is needed

int nesting(const char * text, int64_t bytes) {
    int depth = 0;
    int deepest = 0;
    for (int64_t i = 0; i < bytes; i++) {
        const char c = text[i];
        if (c == '{' || c == '[' || c == '(' || c == '<') {
            deepest = ++depth > deepest ? depth : deepest;
        } else if ((c == '}' || c == ']' || c == ')' || c == '>') && depth > 0) {
            depth--;
        }
    }
    return deepest;
}

struct deep_call {
    const freehold_chat_prompt * prompt;
    const std::string *          answer;
    bool                         partial;
    std::string                  json;
    std::string                  failure;
};

void * run_deep_call(void * argument) {
    auto * call = (deep_call *) argument;
    char message[FREEHOLD_MESSAGE_BYTES] = "";
    const int32_t status = guarded(message, false, [&] {
        call->json = message_json(parse_answer(*call->prompt, *call->answer, call->partial));
        return FREEHOLD_OK;
    });
    if (status != FREEHOLD_OK) {
        call->failure = message;
    }
    return nullptr;
}

std::string parse_on_large_stack(const freehold_chat_prompt & prompt, const std::string & answer, bool partial) {
    deep_call call = {&prompt, &answer, partial, "", ""};
#if defined(_WIN32)
    run_deep_call(&call);
#else
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, DEEP_STACK_BYTES);
    pthread_t thread;
    const int started = pthread_create(&thread, &attributes, run_deep_call, &call);
    pthread_attr_destroy(&attributes);
    if (started != 0) {
        throw refusal("no thread could be started to read a deeply nested answer");
    }
    pthread_join(thread, nullptr);
#endif
    if (!call.failure.empty()) {
        throw refusal(call.failure);
    }
    return call.json;
}

}  // namespace

int32_t freehold_chat_templates_create(
        const llama_model * model, const char * template_text, int64_t template_bytes, freehold_chat_templates ** templates,
        char * message) {
    return guarded(message, false, [&] {
        *templates = nullptr;
        auto made = std::make_unique<freehold_chat_templates>();
        const std::string own = template_text == nullptr ? std::string() : std::string(template_text, (size_t) template_bytes);
        made->native = common_chat_templates_init(model, own);
        *templates = made.release();
        return FREEHOLD_OK;
    });
}

void freehold_chat_templates_free(freehold_chat_templates * templates) {
    guarded(nullptr, false, [&] {
        delete templates;
        return FREEHOLD_OK;
    });
}

int32_t freehold_chat_apply(
        const freehold_chat_templates * templates, const char * request_json, int64_t bytes, freehold_chat_prompt ** prompt,
        char * message) {
    return guarded(message, false, [&] {
        *prompt = nullptr;
        const common_json request = parse_json(request_json, bytes, "the chat request");
        *prompt = apply(templates, read_request(templates, request)).release();
        return FREEHOLD_OK;
    });
}

void freehold_chat_prompt_free(freehold_chat_prompt * prompt) {
    guarded(nullptr, false, [&] {
        delete prompt;
        return FREEHOLD_OK;
    });
}

int32_t freehold_chat_prompt_text(const freehold_chat_prompt * prompt, int32_t which, const char ** text, int64_t * bytes) {
    const std::string * chosen = nullptr;
    switch (which) {
        case FREEHOLD_PROMPT_TEXT:
            chosen = &prompt->params.prompt;
            break;
        case FREEHOLD_PROMPT_GRAMMAR:
            chosen = &prompt->params.grammar;
            break;
        case FREEHOLD_PROMPT_STOPS:
            chosen = &prompt->stops;
            break;
        default:
            return FREEHOLD_ERROR;
    }
    *text = chosen->data();
    *bytes = (int64_t) chosen->size();
    return FREEHOLD_OK;
}

int32_t freehold_chat_prompt_flags(const freehold_chat_prompt * prompt) {
    return (prompt->params.grammar_lazy ? FREEHOLD_PROMPT_GRAMMAR_LAZY : 0)
            | (prompt->plain ? FREEHOLD_PROMPT_PLAIN_CONTENT : 0)
            | (prompt->params.supports_thinking ? FREEHOLD_PROMPT_THINKING : 0);
}

int32_t freehold_chat_parse(
        const freehold_chat_prompt * prompt, const char * text, int64_t bytes, int32_t partial, char ** json,
        int64_t * json_bytes, char * message) {
    return guarded(message, false, [&] {
        *json = nullptr;
        const std::string answer(text, (size_t) bytes);
        const int depth = nesting(text, bytes);
        if (depth > NESTING_MAX) {
            throw refusal("the answer nests deeper than " + std::to_string(NESTING_MAX) + " brackets");
        }
        const std::string out = depth > NESTING_ON_CALLERS_STACK
                ? parse_on_large_stack(*prompt, answer, partial != 0)
                : message_json(parse_answer(*prompt, answer, partial != 0));
        hand_out(out, json, json_bytes);
        return FREEHOLD_OK;
    });
}

int32_t freehold_schema_to_grammar(
        const char * schema_json, int64_t bytes, char ** grammar, int64_t * grammar_bytes, char * message) {
    return guarded(message, false, [&] {
        *grammar = nullptr;
        const common_json schema = parse_json(schema_json, bytes, "the JSON schema");
        std::string text;
        try {
            text = json_schema_to_grammar(schema);
        } catch (const native_assertion &) {
            throw;
        } catch (const std::exception & e) {
            throw refusal("no grammar can be made of this JSON schema: " + without_values(e.what()));
        }
        hand_out(text, grammar, grammar_bytes);
        return FREEHOLD_OK;
    });
}
