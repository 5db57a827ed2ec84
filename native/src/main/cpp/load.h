// What loading a model and measuring one have in common.
#pragma once

namespace freehold {

void check_header(const char * path);   // says apart what llama.cpp's loader would call by one name
[[noreturn]] void refuse_load();        // after the loader returned nothing

}  // namespace freehold
