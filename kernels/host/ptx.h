// Host twins of the instructions in ptx.cuh, on the simulator's collectives and delayed copies. Contracts and fragment layouts: there.
#pragma once

#include "cuda.h"

#include <cstdint>
#include <cstring>

inline void cp_async_16(void* shared, const void* global, bool valid) { simulator::copy_later(shared, global, 16, valid ? 16 : 0); }

inline void cp_async_4(void* shared, const void* global, bool valid) { simulator::copy_later(shared, global, 4, valid ? 4 : 0); }

inline void cp_async_commit() { simulator::commit_copies(); }

template <int pending>
inline void cp_async_wait() {
    simulator::wait_copies(pending);
}

namespace simulator {

constexpr uint32_t exponent_bits = 0x7f800000u;

inline uint32_t bits_of(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof(bits));
    return bits;
}

inline float float_of(uint32_t bits) {
    float x;
    std::memcpy(&x, &bits, sizeof(x));
    return x;
}

// To nearest even; a NaN gives the one NaN that the instruction gives.
inline uint32_t to_bf16(float x) {
    const uint32_t bits = bits_of(x);
    if ((bits & 0x7fffffffu) > exponent_bits)
        return 0x7fffu;
    return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

// What each lane of a warp brings to a matrix product.
struct fragments {
    uint32_t a[4], b[2];
};

// Adds A · B to the four elements of D that the lane holds: a(row, k) and b(k, column) find the operands in the fragments of all lanes. Summed in float64 and rounded once,
// which is within float32 tolerance of the tensor core, whose own order and rounding of a sum are nowhere promised.
template <int depth, typename A, typename B>
inline void multiply_fragments(float (&d)[4], int lane, const A& a, const B& b) {
    for (int element = 0; element < 4; element++) {
        const int row = lane / 4 + element / 2 * 8;
        const int column = lane % 4 * 2 + element % 2;
        double sum = d[element];
        for (int k = 0; k < depth; k++)
            sum += static_cast<double>(a(row, k)) * b(k, column);
        d[element] = static_cast<float>(sum);
    }
}

inline int lane_of_thread() { return static_cast<int>((threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32); }

}  // namespace simulator

// To nearest, ties away from zero: adding half of the last place that stays, then cutting.
inline unsigned to_tf32(float x) {
    const uint32_t bits = simulator::bits_of(x);
    if ((bits & 0x7fffffffu) > simulator::exponent_bits)
        return 0x7fffe000u;
    return (bits + 0x1000u) & ~0x1fffu;
}

inline unsigned pack_bf16(float low, float high) { return simulator::to_bf16(low) | simulator::to_bf16(high) << 16; }

inline void mma_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], int line = __builtin_LINE()) {
    const simulator::fragments mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
    simulator::fragments all[32];
    simulator::warp_exchange(&mine, sizeof(mine), all, line);
    // The tensor core looks at the upper 19 bits of an operand alone.
    simulator::multiply_fragments<8>(
        d, simulator::lane_of_thread(),
        [&](int row, int k) { return simulator::float_of(all[row % 8 * 4 + k % 4].a[row / 8 + k / 4 * 2] & ~0x1fffu); },
        [&](int k, int column) { return simulator::float_of(all[column * 4 + k % 4].b[k / 4] & ~0x1fffu); });
}

inline void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], int line = __builtin_LINE()) {
    const simulator::fragments mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
    simulator::fragments all[32];
    simulator::warp_exchange(&mine, sizeof(mine), all, line);
    const auto half = [](uint32_t pair, int which) { return simulator::float_of(which == 0 ? pair << 16 : pair & 0xffff0000u); };
    simulator::multiply_fragments<16>(
        d, simulator::lane_of_thread(),
        [&](int row, int k) { return half(all[row % 8 * 4 + k % 8 / 2].a[row / 8 + k / 8 * 2], k % 2); },
        [&](int k, int column) { return half(all[column * 4 + k % 8 / 2].b[k / 8], k % 2); });
}
