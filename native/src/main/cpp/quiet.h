// Force-included into the few llama.cpp files that print a client's text to stderr (see CMakeLists.txt): there, stderr
// goes nowhere unless FREEHOLD_LLAMA_LOG=1.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline FILE * freehold_quiet_stderr(void) {
    static FILE * stream = NULL;
    if (stream == NULL) {
        const char * wanted = getenv("FREEHOLD_LLAMA_LOG");
        FILE * nowhere = wanted != NULL && strcmp(wanted, "1") == 0 ? NULL : fopen("/dev/null", "w");
        stream = nowhere != NULL ? nowhere : stderr;
    }
    return stream;
}

#undef stderr
#define stderr freehold_quiet_stderr()
