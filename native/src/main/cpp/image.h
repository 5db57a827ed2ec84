// Decodes the images that clients send: PNG and JPEG only, within bounds of bytes, pixels and memory.
#pragma once

#include <cstdint>
#include <vector>

namespace freehold {

// What a client may make this process decode. A camera's picture fits; a picture that unpacks to gigabytes does not.
constexpr int64_t IMAGE_BYTES_MAX  = 20 << 20;
constexpr int64_t IMAGE_PIXELS_MAX = 16 << 20;
constexpr int32_t IMAGE_SIDE_MAX   = 16384;
// Of one request together: they are all unpacked before the first is computed.
constexpr int64_t IMAGES_PIXELS_MAX = 2 * IMAGE_PIXELS_MAX;

struct image_size {
    int32_t width;
    int32_t height;
};

// Reads the header only. Throws a refusal if it is no PNG or JPEG, is damaged, or is too large.
image_size measure_image(const uint8_t * bytes, int64_t length);

// Three bytes a pixel, row by row.
struct image_pixels {
    image_size           size;
    std::vector<uint8_t> rgb;
};

image_pixels decode_image(const uint8_t * bytes, int64_t length);

}  // namespace freehold
