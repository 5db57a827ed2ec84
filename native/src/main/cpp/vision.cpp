// Images for models that have a projector (llama.cpp's mtmd): a projector, a prompt's text and images as one row of
// tokens, and the embeddings that stand for an image.
#include "context.h"
#include "guard.h"
#include "image.h"

#include "llama.h"
#include "mtmd.h"

#include <climits>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace freehold;

struct freehold_projector {
    mtmd::context_ptr native;
    int32_t           width      = 0;   // floats an image token
    bool              non_causal = false;
};

struct freehold_vision_prompt {
    mtmd::input_chunks_ptr chunks;
    std::vector<int32_t>   tokens;
    std::vector<int32_t>   spans;        // three numbers each: first token, tokens, which image
    std::vector<size_t>    span_chunks;  // the chunk of each span
};

namespace {

constexpr int32_t IMAGES_MAX = 64;   // the Java side has a smaller bound of its own
// A token that no vocabulary has: whoever reads an image's place as text is refused by llama.cpp.
constexpr int32_t IMAGE_PLACE = -1;

void check_positions(const llama_model * model, const mtmd_context * native) {
    const llama_rope_type rope = llama_model_rope_type(model);
    const bool one_position = rope == LLAMA_ROPE_TYPE_NONE || rope == LLAMA_ROPE_TYPE_NORM || rope == LLAMA_ROPE_TYPE_NEOX;
    if (!one_position || mtmd_decode_use_mrope(native)) {
        throw refusal("this model gives an image token more than one position (M-RoPE), which is not supported here; "
                "use a model whose projector does not");
    }
}

mtmd_context_params projector_params(int32_t threads, int32_t use_gpu) {
    mtmd_context_params params = mtmd_context_params_default();
    params.use_gpu       = use_gpu != 0;
    params.print_timings = false;
    params.n_threads     = threads;
    params.warmup        = true;   // a file that cannot compute is found out at once and not by a client
    return params;
}

// The text between one marker and the next, or what is left.
struct text_part {
    const char * text;
    size_t       bytes;
};

std::vector<text_part> split(const char * text, int64_t bytes, const char * marker, int64_t marker_bytes) {
    const std::string whole(text, (size_t) bytes);
    const std::string border(marker, (size_t) marker_bytes);
    std::vector<text_part> parts;
    size_t from = 0;
    for (size_t at; (at = whole.find(border, from)) != std::string::npos; from = at + border.size()) {
        parts.push_back({text + from, at - from});
    }
    parts.push_back({text + from, (size_t) bytes - from});
    return parts;
}

// How large each of them is, before any is unpacked: flat images of a few kilobytes can be gigabytes together.
std::vector<image_size> measure(const uint8_t * const * images, const int64_t * image_bytes, int32_t count) {
    std::vector<image_size> sizes;
    int64_t pixels = 0;
    for (int32_t i = 0; i < count; i++) {
        try {
            sizes.push_back(measure_image(images[i], image_bytes[i]));
        } catch (const refusal & e) {
            throw refusal("image " + std::to_string(i + 1) + ": " + e.what());
        }
        pixels += (int64_t) sizes.back().width * sizes.back().height;
    }
    if (pixels > IMAGES_PIXELS_MAX) {
        throw refusal("the images of one request have at most " + std::to_string(IMAGES_PIXELS_MAX)
                + " pixels together here, these have " + std::to_string(pixels) + ": send fewer or smaller ones");
    }
    return sizes;
}

std::vector<mtmd::bitmap_ptr> bitmaps(
        const uint8_t * const * images, const int64_t * image_bytes, int32_t count, bool with_pixels) {
    const std::vector<image_size> sizes = measure(images, image_bytes, count);
    std::vector<mtmd::bitmap_ptr> out;
    for (int32_t i = 0; i < count; i++) {
        try {
            if (with_pixels) {
                const image_pixels image = decode_image(images[i], image_bytes[i]);
                out.emplace_back(mtmd_bitmap_init((uint32_t) image.size.width, (uint32_t) image.size.height, image.rgb.data()));
            } else {
                out.emplace_back(mtmd_bitmap_init((uint32_t) sizes[(size_t) i].width, (uint32_t) sizes[(size_t) i].height, nullptr));
            }
        } catch (const refusal & e) {
            throw refusal("image " + std::to_string(i + 1) + ": " + e.what());
        }
    }
    return out;
}

// Text, image, text, image, text: the parts in the prompt's order.
mtmd::input_chunks_ptr chunks_of(
        const freehold_projector * projector, const std::vector<text_part> & texts,
        const std::vector<mtmd::bitmap_ptr> & images, bool add_special, bool parse_special) {
    std::vector<mtmd_input_text> inputs(texts.size());
    std::vector<mtmd_input_part> parts;
    parts.reserve(texts.size() + images.size());
    for (size_t i = 0; i < texts.size(); i++) {
        if (texts[i].bytes > 0) {
            inputs[i] = {texts[i].text, texts[i].bytes, false, parse_special};
            parts.push_back({&inputs[i], nullptr});
        }
        if (i < images.size()) {
            parts.push_back({nullptr, images[i].get()});
        }
    }
    std::vector<const mtmd_input_part *> pointers;
    for (const mtmd_input_part & part : parts) {
        pointers.push_back(&part);
    }
    mtmd::input_chunks_ptr chunks(mtmd_input_chunks_init());
    const int32_t result =
            mtmd_tokenize_from_parts(projector->native.get(), chunks.get(), pointers.data(), pointers.size(), add_special);
    if (result != 0) {
        throw refusal("an image of this request has a shape that the projector cannot take (" + std::to_string(result) + ")");
    }
    return chunks;
}

void lay_out(freehold_vision_prompt & prompt) {
    const size_t count = mtmd_input_chunks_size(prompt.chunks.get());
    int32_t image = -1;
    for (size_t i = 0; i < count; i++) {
        const mtmd_input_chunk * chunk = mtmd_input_chunks_get(prompt.chunks.get(), i);
        const size_t tokens = mtmd_input_chunk_get_n_tokens(chunk);
        if (prompt.tokens.size() + tokens > INT32_MAX / 8) {
            throw refusal("the prompt is too long to tokenize");
        }
        switch (mtmd_input_chunk_get_type(chunk)) {
            case MTMD_INPUT_CHUNK_TYPE_TEXT: {
                size_t n = 0;
                const llama_token * text = mtmd_input_chunk_get_tokens_text(chunk, &n);
                prompt.tokens.insert(prompt.tokens.end(), text, text + n);
                break;
            }
            case MTMD_INPUT_CHUNK_TYPE_IMAGE:
                if ((size_t) mtmd_input_chunk_get_n_pos(chunk) != tokens) {
                    throw refusal("the projector gives an image more or fewer positions than tokens, which is not supported here");
                }
                image++;
                prompt.spans.insert(prompt.spans.end(), {(int32_t) prompt.tokens.size(), (int32_t) tokens, image});
                prompt.span_chunks.push_back(i);
                prompt.tokens.insert(prompt.tokens.end(), tokens, IMAGE_PLACE);
                break;
            default:
                throw refusal("the projector made something else than text and images of the prompt");
        }
    }
}

}  // namespace

int32_t freehold_projector_load(
        const char * path, const llama_model * model, int32_t threads, int32_t use_gpu, freehold_projector ** projector,
        char * message) {
    return guarded(message, true, [&] {
        *projector = nullptr;
        if (threads < 1) {
            throw refusal("a projector computes with at least one thread");
        }
        auto made = std::make_unique<freehold_projector>();
        made->native.reset(mtmd_init_from_file(path, model, projector_params(threads, use_gpu)));
        if (!made->native) {
            const std::string log = call_scope::logged();
            throw refusal("it is damaged, or no projector, or one for another model (" + (log.empty() ? "no reason given" : log) + ")");
        }
        if (!mtmd_support_vision(made->native.get())) {
            throw refusal("it is no projector for images");
        }
        check_positions(model, made->native.get());
        made->width      = llama_model_n_embd_inp(model);
        made->non_causal = mtmd_decode_use_non_causal(made->native.get(), nullptr);
        *projector = made.release();
        return FREEHOLD_OK;
    });
}

void freehold_projector_free(freehold_projector * projector) {
    guarded(nullptr, false, [&] {
        delete projector;
        return FREEHOLD_OK;
    });
}

int32_t freehold_projector_width(const freehold_projector * projector) {
    return projector->width;
}

int32_t freehold_projector_non_causal(const freehold_projector * projector) {
    return projector->non_causal;
}

int32_t freehold_vision_tokenize(
        const freehold_projector * projector, const char * text, int64_t bytes, const char * marker, int64_t marker_bytes,
        const uint8_t * const * images, const int64_t * image_bytes, int32_t image_count, int32_t with_pixels,
        int32_t add_special, int32_t parse_special, freehold_vision_prompt ** prompt, char * message) {
    return guarded(message, false, [&] {
        *prompt = nullptr;
        if (bytes < 0 || bytes > INT32_MAX / 8 || marker_bytes < 1) {
            throw refusal("a text to tokenize holds at most 268435455 bytes, this one has " + std::to_string(bytes));
        }
        const std::vector<text_part> texts = split(text, bytes, marker, marker_bytes);
        if (image_count < 0 || image_count > IMAGES_MAX || texts.size() != (size_t) image_count + 1) {
            throw refusal("the prompt has places for " + std::to_string(texts.size() - 1) + " images, there are "
                    + std::to_string(image_count) + " (at most " + std::to_string(IMAGES_MAX) + ")");
        }
        auto made = std::make_unique<freehold_vision_prompt>();
        made->chunks = chunks_of(
                projector, texts, bitmaps(images, image_bytes, image_count, with_pixels != 0), add_special != 0, parse_special != 0);
        lay_out(*made);
        *prompt = made.release();
        return FREEHOLD_OK;
    });
}

void freehold_vision_prompt_free(freehold_vision_prompt * prompt) {
    guarded(nullptr, false, [&] {
        delete prompt;
        return FREEHOLD_OK;
    });
}

int32_t freehold_vision_prompt_tokens(const freehold_vision_prompt * prompt, const int32_t ** tokens) {
    *tokens = prompt->tokens.data();
    return (int32_t) prompt->tokens.size();
}

int32_t freehold_vision_prompt_spans(const freehold_vision_prompt * prompt, const int32_t ** spans) {
    *spans = prompt->spans.data();
    return (int32_t) prompt->span_chunks.size();
}

int32_t freehold_vision_encode(
        freehold_projector * projector, const freehold_vision_prompt * prompt, int32_t span, float * into, int64_t capacity,
        char * message) {
    return guarded_compute(message, [&] {
        if (span < 0 || (size_t) span >= prompt->span_chunks.size()) {
            throw refusal("the prompt has no image " + std::to_string(span));
        }
        const int64_t floats = (int64_t) prompt->spans[(size_t) span * 3 + 1] * projector->width;
        if (capacity < floats * (int64_t) sizeof(float)) {
            throw refusal("the image's embeddings need " + std::to_string(floats * (int64_t) sizeof(float)) + " bytes, the buffer has "
                    + std::to_string(capacity));
        }
        const mtmd_input_chunk * chunk = mtmd_input_chunks_get(prompt->chunks.get(), prompt->span_chunks[(size_t) span]);
        if (mtmd_encode_chunk(projector->native.get(), chunk) != 0) {
            throw std::runtime_error("the projector could not compute the image");
        }
        memcpy(into, mtmd_get_output_embd(projector->native.get()), (size_t) floats * sizeof(float));
        return FREEHOLD_OK;
    });
}

int32_t freehold_decode_image(freehold_context * context, const llama_batch * batch, int32_t non_causal, char * message) {
    if (non_causal == 0) {
        return freehold_decode(context, batch, message);
    }
    // An assertion in llama_decode would say so by ending the process.
    const int32_t most = (int32_t) llama_n_ubatch(context->native);
    if (batch->n_tokens > most) {
        say(message, "an image of " + std::to_string(batch->n_tokens) + " tokens has to be decoded at once, this context takes "
                + std::to_string(most));
        return FREEHOLD_ERROR;
    }
    llama_set_causal_attn(context->native, false);
    const int32_t result = freehold_decode(context, batch, message);
    llama_set_causal_attn(context->native, true);
    return result;
}
