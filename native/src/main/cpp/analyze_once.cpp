// What llama.cpp finds in a chat template, kept (see analyze_once.h).
#include "chat-auto-parser.h"

#include <map>
#include <mutex>
#include <tuple>

namespace freehold {

void analyze_once(autoparser::autoparser & analysis, const common_chat_template & tmpl);

namespace {

// A box serves a few models; whoever brings more templates than this is analysed again.
constexpr size_t TEMPLATES_MAX = 32;

using template_key = std::tuple<std::string, std::string, std::string>;

std::mutex lock;
std::map<template_key, autoparser::autoparser> known;

}  // namespace

void analyze_once(autoparser::autoparser & analysis, const common_chat_template & tmpl) {
    const template_key key(tmpl.source(), tmpl.bos_token(), tmpl.eos_token());
    {
        const std::lock_guard<std::mutex> held(lock);
        const auto found = known.find(key);
        if (found != known.end()) {
            analysis = found->second;
            return;
        }
    }
    // Not under the lock: it takes long, and may throw. Two at once find the same.
    analysis.analyze_template(tmpl);
    const std::lock_guard<std::mutex> held(lock);
    if (known.size() >= TEMPLATES_MAX) {
        known.clear();
    }
    known.emplace(key, analysis);
}

}  // namespace freehold
