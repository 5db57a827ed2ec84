// What stands between llama.cpp's C++ and the C face: every entry point runs its body inside guarded().
#pragma once

#include "freehold_llama.h"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>

namespace freehold {

// A llama.cpp assertion, turned into an exception because the calling thread stood inside guarded().
struct native_assertion : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A reason of our own, already worded for the operator: no log lines are added to it.
struct refusal : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One whose caller tells it from others by its status.
struct grammar_refusal : refusal {
    int32_t status;
    grammar_refusal(int32_t status, const std::string & reason) : refusal(reason), status(status) {}
};

// While one of these is alive on a thread, the warnings and errors that llama.cpp logs on that thread are kept, and
// (unless compute threads could be left waiting) its assertions become exceptions.
class call_scope {
  public:
    explicit call_scope(bool trap_assertions);
    ~call_scope();
    call_scope(const call_scope &) = delete;
    call_scope & operator=(const call_scope &) = delete;

    static std::string logged();   // this thread's kept lines, joined

  private:
    bool trapping;
};

void install_hooks();                                       // log and abort callbacks, once a process
void say(char * message, const std::string & text) noexcept; // copies into a message buffer, cut on a UTF-8 border
int32_t describe(char * message, bool with_log) noexcept;    // says the exception that is being handled; its status

// Runs body, which returns a status. `with_log` adds what llama.cpp logged: only where that cannot hold prompt text.
template <typename F>
int32_t guarded(char * message, bool with_log, F && body) noexcept {
    try {
        call_scope scope(true);
        try {
            return body();
        } catch (...) {
            return describe(message, with_log);
        }
    } catch (...) {
        return describe(message, false);
    }
}

// The same for what computes: its assertions end the process, because unwinding one compute thread would leave the
// others waiting at a barrier.
template <typename F>
int32_t guarded_compute(char * message, F && body) noexcept {
    try {
        call_scope scope(false);
        try {
            return body();
        } catch (...) {
            return describe(message, true);
        }
    } catch (...) {
        return describe(message, false);
    }
}

// Gives text to the caller as memory that freehold_free takes back.
void hand_out(const std::string & text, char ** out, int64_t * bytes);

// JSON of a client's making must not overflow the stack of whoever walks it.
constexpr int JSON_DEPTH_MAX = 100;
void check_json_depth(const char * text, int64_t bytes);

}  // namespace freehold
