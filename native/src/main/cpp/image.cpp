// The image decoder. A copy of stb_image of our own, so that it knows two formats only and allocates within a budget.
#include "image.h"
#include "guard.h"

#include <cstdlib>
#include <cstring>
#include <string>

namespace {

// What one decode may hold at once: the pixels a few times over (unpacked, filtered, converted) and some for its tables.
constexpr size_t BYTES_A_PIXEL_MAX  = 16;
constexpr size_t BYTES_BESIDES_MAX  = 8 << 20;

// A scan passes over the whole picture, and a scan of a few bytes is enough for it. Programs write a dozen.
constexpr int JPEG_SCANS_MAX = 100;

thread_local size_t budget_left = 0;

// A block carries its size in front, so that freeing it gives the budget back.
constexpr size_t PREFIX = alignof(std::max_align_t);

void * budget_malloc(size_t size) {
    if (size > budget_left || size + PREFIX < size) {
        return nullptr;
    }
    char * block = (char *) malloc(size + PREFIX);
    if (block == nullptr) {
        return nullptr;
    }
    memcpy(block, &size, sizeof(size));
    budget_left -= size;
    return block + PREFIX;
}

void budget_free(void * memory) {
    if (memory != nullptr) {
        char * block = (char *) memory - PREFIX;
        size_t size;
        memcpy(&size, block, sizeof(size));
        budget_left += size;
        free(block);
    }
}

void * budget_realloc(void * memory, size_t size) {
    void * larger = budget_malloc(size);
    if (larger != nullptr && memory != nullptr) {
        size_t old;
        memcpy(&old, (char *) memory - PREFIX, sizeof(old));
        memcpy(larger, memory, old < size ? old : size);
        budget_free(memory);
    }
    return larger;
}

}  // namespace

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_MAX_DIMENSIONS 16384
#define STBI_MALLOC(size) budget_malloc(size)
#define STBI_REALLOC(memory, size) budget_realloc(memory, size)
#define STBI_FREE(memory) budget_free(memory)
#if defined(__GNUC__)
#    pragma GCC diagnostic push
#    pragma GCC diagnostic ignored "-Wall"
#    pragma GCC diagnostic ignored "-Wextra"
#    pragma GCC diagnostic ignored "-Wunused-function"
#    pragma GCC diagnostic ignored "-Wsign-compare"
#    pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#include "stb/stb_image.h"
#if defined(__GNUC__)
#    pragma GCC diagnostic pop
#endif

namespace freehold {

static_assert(STBI_MAX_DIMENSIONS == IMAGE_SIDE_MAX, "one bound for a side");

namespace {

// Not fewer than the decoder meets: what stands in a comment or a thumbnail is counted as well.
void check_scans(const uint8_t * bytes, int64_t length) {
    int scans = 0;
    for (int64_t i = 0; i + 1 < length; i++) {
        scans += bytes[i] == 0xff && bytes[i + 1] == 0xda;
    }
    if (scans > JPEG_SCANS_MAX) {
        throw refusal("a JPEG has at most " + std::to_string(JPEG_SCANS_MAX) + " scans here, this one has " + std::to_string(scans)
                + ": save it as a baseline JPEG");
    }
}

bool begins_with(const uint8_t * bytes, int64_t length, const char * magic, int64_t magic_bytes) {
    return length >= magic_bytes && memcmp(bytes, magic, (size_t) magic_bytes) == 0;
}

void check_format(const uint8_t * bytes, int64_t length) {
    if (length > IMAGE_BYTES_MAX) {
        throw refusal("an image has at most " + std::to_string(IMAGE_BYTES_MAX) + " bytes here, this one has " + std::to_string(length));
    }
    const bool jpeg = begins_with(bytes, length, "\xff\xd8\xff", 3);
    if (!jpeg && !begins_with(bytes, length, "\x89PNG\r\n\x1a\n", 8)) {
        throw refusal("an image must be a PNG or a JPEG");
    }
    if (jpeg) {
        check_scans(bytes, length);
    }
}

}  // namespace

image_size measure_image(const uint8_t * bytes, int64_t length) {
    check_format(bytes, length);
    budget_left = BYTES_BESIDES_MAX;
    int width = 0, height = 0, channels = 0;
    if (stbi_info_from_memory(bytes, (int) length, &width, &height, &channels) == 0 || width <= 0 || height <= 0) {
        throw refusal("the image is damaged: its header cannot be read");
    }
    if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX || (int64_t) width * height > IMAGE_PIXELS_MAX) {
        throw refusal("an image has at most " + std::to_string(IMAGE_PIXELS_MAX) + " pixels here and no side above "
                + std::to_string(IMAGE_SIDE_MAX) + ", this one has " + std::to_string(width) + " by " + std::to_string(height));
    }
    return {width, height};
}

image_pixels decode_image(const uint8_t * bytes, int64_t length) {
    const image_size size = measure_image(bytes, length);
    budget_left = (size_t) size.width * (size_t) size.height * BYTES_A_PIXEL_MAX + BYTES_BESIDES_MAX;
    int width = 0, height = 0, channels = 0;
    stbi_uc * decoded = stbi_load_from_memory(bytes, (int) length, &width, &height, &channels, 3);
    if (decoded == nullptr) {
        throw refusal("the image is damaged: it cannot be decoded");
    }
    struct owner {
        stbi_uc * pixels;
        ~owner() { stbi_image_free(pixels); }
    } guard{decoded};
    if (width != size.width || height != size.height) {
        throw refusal("the image is damaged: its header and its content disagree");
    }
    return {size, std::vector<uint8_t>(decoded, decoded + (size_t) width * (size_t) height * 3)};
}

}  // namespace freehold
