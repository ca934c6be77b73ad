// Elements of float32 or bfloat16, as the libraries' stand-ins read and write them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

static inline float read_element(const void* array, bool narrow, size_t index) {
    if (!narrow) return static_cast<const float*>(array)[index];
    const uint32_t bits = static_cast<uint32_t>(static_cast<const uint16_t*>(array)[index]) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// Rounded to the nearest, of two equally near to the even one.
static inline void write_element(void* array, bool narrow, size_t index, float value) {
    if (!narrow) {
        static_cast<float*>(array)[index] = value;
        return;
    }
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    static_cast<uint16_t*>(array)[index] = static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
