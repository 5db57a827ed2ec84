#pragma once

#include "chat.h"

#include <string>

struct freehold_chat_templates {
    common_chat_templates_ptr native;
};

// A request after the template was applied to it, with what is needed to sample and to read the answer.
struct freehold_chat_prompt {
    common_chat_params        params;
    common_chat_parser_params parser;
    std::string               stops;          // each followed by a zero
    bool                      plain = false;  // the answer's text is its content
};
