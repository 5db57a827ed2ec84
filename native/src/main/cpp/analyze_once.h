// Force-included into llama.cpp's chat.cpp (see CMakeLists.txt). There, a template is analysed anew for each request that
// is rendered: some dozen renderings, milliseconds, whose outcome depends on the template alone. With this, it is
// analysed once.
#pragma once

#include "quiet.h"

#include "chat-auto-parser.h"

namespace freehold {

// What analyze_template finds in a template, found before or now. Any thread may ask.
void analyze_once(autoparser::autoparser & analysis, const common_chat_template & tmpl);

}  // namespace freehold

// The one call there is: `autoparser.analyze_template(tmpl);`, of a local variable of this name. Its header is included
// above, so that the declaration in it keeps its name. If a later chat.cpp calls otherwise, it does not compile.
#define analyze_template(tmpl) analysis_complete = false, ::freehold::analyze_once(autoparser, tmpl)
