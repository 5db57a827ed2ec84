#include "guard.h"

#include "ggml.h"
#include "llama.h"
#include "log.h"
#include "mtmd.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

namespace freehold {

namespace {

constexpr size_t LOG_LINES_MAX = 6;
constexpr size_t LOG_LINE_BYTES = 256;

// Plain memory, because a thread's last llama.cpp call may log during thread exit.
struct thread_state {
    int    scopes = 0;
    int    traps  = 0;
    size_t lines  = 0;   // lines logged since the outermost scope began; the last LOG_LINES_MAX are kept
    char   line[LOG_LINES_MAX][LOG_LINE_BYTES];
};

thread_local thread_state state;
bool print_log = false;

void on_log(ggml_log_level level, const char * text, void * /*user_data*/) {
    if (print_log) {
        fputs(text, stderr);
    }
    if (state.scopes == 0 || (level != GGML_LOG_LEVEL_ERROR && level != GGML_LOG_LEVEL_WARN)) {
        return;
    }
    char * line = state.line[state.lines % LOG_LINES_MAX];
    size_t n = std::min(strlen(text), LOG_LINE_BYTES - 1);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' ')) {
        n--;
    }
    if (n == 0) {
        return;
    }
    memcpy(line, text, n);
    line[n] = '\0';
    state.lines++;
}

// "/where/it/was/built/llama-vocab.cpp:12: reason" without the directories.
const char * without_directories(const char * text) {
    const char * colon = strchr(text, ':');
    const char * start = text;
    for (const char * p = text; p < colon; p++) {
        if (*p == '/' || *p == '\\') {
            start = p + 1;
        }
    }
    return start;
}

void on_abort(const char * text) {
    const char * reason = without_directories(text);
    if (state.traps > 0) {
        throw native_assertion(reason);
    }
    fprintf(stderr, "freehold: llama.cpp ends the process: %s\n", reason);
}

}  // namespace

call_scope::call_scope(bool trap_assertions) : trapping(trap_assertions) {
    if (state.scopes++ == 0) {
        state.lines = 0;
    }
    if (trapping) {
        state.traps++;
    }
}

call_scope::~call_scope() {
    state.scopes--;
    if (trapping) {
        state.traps--;
    }
}

std::string call_scope::logged() {
    std::string joined;
    const size_t kept = std::min(state.lines, LOG_LINES_MAX);
    for (size_t i = state.lines - kept; i < state.lines; i++) {
        if (!joined.empty()) {
            joined += "; ";
        }
        joined += state.line[i % LOG_LINES_MAX];
    }
    return joined;
}

void install_hooks() {
    static std::once_flag once;
    std::call_once(once, [] {
        const char * wanted = getenv("FREEHOLD_LLAMA_LOG");
        print_log = wanted != nullptr && strcmp(wanted, "1") == 0;
        llama_log_set(on_log, nullptr);
        mtmd_log_set(on_log, nullptr);
        ggml_set_abort_callback(on_abort);
        // The chat library has a log of its own, and it logs what a model wrote: below every level there is.
        common_log_set_verbosity_thold(-1);
    });
}

void say(char * message, const std::string & text) noexcept {
    if (message == nullptr) {
        return;
    }
    size_t n = std::min(text.size(), (size_t) FREEHOLD_MESSAGE_BYTES - 1);
    if (n < text.size()) {
        while (n > 0 && ((unsigned char) text[n] & 0xC0) == 0x80) {
            n--;
        }
    }
    memcpy(message, text.data(), n);
    message[n] = '\0';
}

int32_t describe(char * message, bool with_log) noexcept {
    try {
        try {
            throw;
        } catch (const grammar_refusal & e) {
            say(message, e.what());
            return e.status;
        } catch (const refusal & e) {
            say(message, e.what());
        } catch (const native_assertion & e) {
            say(message, std::string("llama.cpp's own check failed (") + e.what() + ")");
        } catch (const std::bad_alloc &) {
            say(message, "the machine has not enough free memory for this");
        } catch (const std::exception & e) {
            const std::string log = with_log ? call_scope::logged() : std::string();
            say(message, log.empty() ? std::string(e.what()) : std::string(e.what()) + " (" + log + ")");
        } catch (...) {
            say(message, "an unknown C++ exception");
        }
    } catch (...) {
        say(message, std::string());
    }
    return FREEHOLD_ERROR;
}

void hand_out(const std::string & text, char ** out, int64_t * bytes) {
    char * copy = (char *) malloc(text.size() + 1);
    if (copy == nullptr) {
        throw std::bad_alloc();
    }
    memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    *out = copy;
    *bytes = (int64_t) text.size();
}

void check_json_depth(const char * text, int64_t bytes) {
    int depth = 0;
    bool quoted = false;
    for (int64_t i = 0; i < bytes; i++) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = false;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX) {
                throw refusal("the JSON nests deeper than " + std::to_string(JSON_DEPTH_MAX) + " levels");
            }
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
}

}  // namespace freehold
