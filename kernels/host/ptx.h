// Host twins of the instructions in ptx.cuh, on the simulator's collectives and delayed copies. Contracts and fragment layouts: there.
#pragma once

#include "cuda.h"

#include <cstdint>
#include <cstring>

using shared_address = char*;

SIMULATOR_INLINE shared_address address_of(const void* shared) { return static_cast<char*>(const_cast<void*>(shared)); }

SIMULATOR_INLINE void cp_async_16(shared_address shared, const void* global, bool valid) {
    simulator::copy_later(shared, global, 16, valid ? 16 : 0);
}

SIMULATOR_INLINE void cp_async_4(shared_address shared, const void* global, bool valid) {
    simulator::copy_later(shared, global, 4, valid ? 4 : 0);
}

SIMULATOR_INLINE void cp_async_commit() { simulator::commit_copies(); }

template <int pending>
SIMULATOR_INLINE void cp_async_wait() {
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

// What each lane of a warp brings to a matrix product, and takes from it: its share of D.
struct fragments {
    uint32_t a[4], b[2];
    float d[4];
};

// D += A · B once for the whole warp. left(all, row, k) and right(all, k, column) find the operands in the fragments of the lanes. Summed
// in float64 and rounded once, which is within float32 tolerance of the tensor core, whose own order and rounding of a sum are nowhere
// promised.
template <int depth, typename Left, typename Right>
inline void multiply_fragments(const void* const* mine, void* const* results, Left left, Right right) {
    fragments all[32];
    for (int lane = 0; lane < 32; lane++)
        std::memcpy(&all[lane], mine[lane], sizeof(fragments));
    double a[16][depth], b[8][depth];
    for (int k = 0; k < depth; k++) {
        for (int row = 0; row < 16; row++)
            a[row][k] = left(all, row, k);
        for (int column = 0; column < 8; column++)
            b[column][k] = right(all, k, column);
    }
    for (int lane = 0; lane < 32; lane++) {
        float d[4];
        for (int element = 0; element < 4; element++) {
            const int row = lane / 4 + element / 2 * 8, column = lane % 4 * 2 + element % 2;
            double sum = all[lane].d[element];
            for (int k = 0; k < depth; k++)
                sum += a[row][k] * b[column][k];
            d[element] = static_cast<float>(sum);
        }
        std::memcpy(results[lane], d, sizeof(d));
    }
}

// The tensor core looks at the upper 19 bits of an operand alone.
inline void multiply_tf32(const void* const* mine, void* const* results, unsigned) {
    multiply_fragments<8>(
        mine, results,
            [](const fragments* all, int row, int k) { return float_of(all[row % 8 * 4 + k % 4].a[row / 8 + k / 4 * 2] & ~0x1fffu); },
        [](const fragments* all, int k, int column) { return float_of(all[column * 4 + k % 4].b[k / 4] & ~0x1fffu); });
}

inline float half_of(uint32_t pair, int which) { return float_of(which == 0 ? pair << 16 : pair & 0xffff0000u); }

inline void multiply_bf16(const void* const* mine, void* const* results, unsigned) {
    multiply_fragments<16>(
        mine, results,
            [](const fragments* all, int row, int k) { return half_of(all[row % 8 * 4 + k % 8 / 2].a[row / 8 + k / 8 * 2], k % 2); },
        [](const fragments* all, int k, int column) { return half_of(all[column * 4 + k % 8 / 2].b[k / 8], k % 2); });
}

// A row of a matrix for ldmatrix, and the four registers that a lane gets.
struct matrix_row {
    uint16_t elements[8];
};

template <bool transposed>
inline void load_matrices_work(const void* const* mine, void* const* results, unsigned) {
    for (int lane = 0; lane < 32; lane++) {
        uint32_t d[4];
        for (int matrix = 0; matrix < 4; matrix++) {
            const int group = lane / 4, member = lane % 4;
            uint32_t pair[2];
            for (int i = 0; i < 2; i++) {
                const int row = transposed ? 2 * member + i : group, column = transposed ? group : 2 * member + i;
                pair[i] = static_cast<const matrix_row*>(mine[8 * matrix + row])->elements[column];
            }
            d[matrix] = pair[0] | pair[1] << 16;
        }
        std::memcpy(results[lane], d, sizeof(d));
    }
}

}  // namespace simulator

// The lane reads its row itself, so that it is checked as its own.
SIMULATOR_INLINE void load_matrices(unsigned (&d)[4], shared_address row, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
    const uint4 words = *reinterpret_cast<const uint4*>(row);
    simulator::warp_together("ldmatrix", 0xffffffffu, &words, d, simulator::load_matrices_work<false>, file, line);
}

SIMULATOR_INLINE void load_matrices_transposed(unsigned (&d)[4], shared_address row, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
    const uint4 words = *reinterpret_cast<const uint4*>(row);
    simulator::warp_together("ldmatrix.trans", 0xffffffffu, &words, d, simulator::load_matrices_work<true>, file, line);
}

inline unsigned pack_bf16(float low, float high) { return simulator::to_bf16(low) | simulator::to_bf16(high) << 16; }

inline void mma_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
    const simulator::fragments mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}, {d[0], d[1], d[2], d[3]}};
    simulator::warp_together("mma_tf32", 0xffffffffu, &mine, d, simulator::multiply_tf32, file, line, {16 * 8 * 8});
}

inline void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
    const simulator::fragments mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}, {d[0], d[1], d[2], d[3]}};
    simulator::warp_together("mma_bf16", 0xffffffffu, &mine, d, simulator::multiply_bf16, file, line, {16 * 8 * 16});
}
