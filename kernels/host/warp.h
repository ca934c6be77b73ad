// Barriers and the functions by which the lanes of a warp speak to each other.
#pragma once

#include <string.h>

#include "simulator.h"

static inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { simulator::block_barrier(file, line); }

static inline void __syncwarp(unsigned mask = 0xffffffffu, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    simulator::warp_barrier(mask, file, line);
}

static inline void __threadfence() { simulator::memory_fence(); }
static inline void __threadfence_block() {}

namespace simulator {

enum class shuffle { from, up, down, exclusive_or };

struct shuffle_request {
    unsigned long long value;
    shuffle kind;
    int operand, width;
};

// Defined in runtime.cpp: which lane each reads from, as CUDA has it.
void shuffle_work(const void* const* mine, void* const* results, unsigned mask);

template <class T>
static inline T shuffled(const char* name, shuffle kind, unsigned mask, T value, int operand, int width, const char* file, int line) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 4 or 8 bytes");
    shuffle_request request{0, kind, operand, width};
    __builtin_memcpy(&request.value, &value, sizeof(T));
    unsigned long long result = 0;
    warp_together(name, mask, &request, &result, shuffle_work, file, line);
    __builtin_memcpy(&value, &result, sizeof(T));
    return value;
}

// Defined in runtime.cpp: bit i of every result says whether lane i gave something other than 0.
void ballot_work(const void* const* mine, void* const* results, unsigned mask);

static inline unsigned ballot(const char* name, unsigned mask, int predicate, const char* file, int line) {
    unsigned result = 0;
    warp_together(name, mask, &predicate, &result, ballot_work, file, line);
    return result;
}

}  // namespace simulator

template <class T>
static inline T __shfl_sync(unsigned mask, T value, int lane, int width = 32, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
    return simulator::shuffled("__shfl_sync", simulator::shuffle::from, mask, value, lane, width, file, line);
}
template <class T>
static inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
    return simulator::shuffled("__shfl_up_sync", simulator::shuffle::up, mask, value, static_cast<int>(delta), width, file, line);
}
template <class T>
static inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
    return simulator::shuffled("__shfl_down_sync", simulator::shuffle::down, mask, value, static_cast<int>(delta), width, file, line);
}
template <class T>
static inline T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32, const char* file = __builtin_FILE(),
    int line = __builtin_LINE()) {
    return simulator::shuffled("__shfl_xor_sync", simulator::shuffle::exclusive_or, mask, value, lane_mask, width, file, line);
}

static inline unsigned __ballot_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return simulator::ballot("__ballot_sync", mask, predicate, file, line);
}
static inline int __any_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return simulator::ballot("__any_sync", mask, predicate, file, line) != 0;
}
static inline int __all_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return simulator::ballot("__all_sync", mask, predicate, file, line) == mask;
}

#define SIMULATOR_ATOMIC(name, type, word, operation)                                                                     \
    SIMULATOR_INLINE type name(type* address, type value) {                                                                  \
        return static_cast<type>(simulator::atomic_update(simulator::atomic::operation, reinterpret_cast<word*>(address), \
        static_cast<word>(value)));                                                                                       \
    }
#define SIMULATOR_ATOMICS(name, operation)                                                \
    SIMULATOR_ATOMIC(name, int, unsigned, operation)                                      \
    SIMULATOR_ATOMIC(name, unsigned, unsigned, operation)                                 \
    SIMULATOR_ATOMIC(name, unsigned long long, unsigned long long, operation)

SIMULATOR_ATOMICS(atomicAdd, add)
SIMULATOR_ATOMICS(atomicExch, exchange)
SIMULATOR_ATOMICS(atomicAnd, bit_and)
SIMULATOR_ATOMICS(atomicOr, bit_or)
SIMULATOR_ATOMICS(atomicXor, bit_xor)
SIMULATOR_ATOMIC(atomicMin, int, unsigned, minimum)
SIMULATOR_ATOMIC(atomicMin, unsigned, unsigned, minimum_unsigned)
SIMULATOR_ATOMIC(atomicMin, unsigned long long, unsigned long long, minimum_unsigned)
SIMULATOR_ATOMIC(atomicMax, int, unsigned, maximum)
SIMULATOR_ATOMIC(atomicMax, unsigned, unsigned, maximum_unsigned)
SIMULATOR_ATOMIC(atomicMax, unsigned long long, unsigned long long, maximum_unsigned)
#undef SIMULATOR_ATOMICS
#undef SIMULATOR_ATOMIC

SIMULATOR_INLINE int atomicSub(int* address, int value) { return atomicAdd(address, -value); }
SIMULATOR_INLINE unsigned atomicSub(unsigned* address, unsigned value) { return atomicAdd(address, 0u - value); }
SIMULATOR_INLINE unsigned atomicCAS(unsigned* address, unsigned expected,
    unsigned value) { return simulator::atomic_swap(address, expected, value); }
SIMULATOR_INLINE int atomicCAS(int* address, int expected, int value) {
    return static_cast<int>(
        simulator::atomic_swap(reinterpret_cast<unsigned*>(address), static_cast<unsigned>(expected), static_cast<unsigned>(value)));
}
SIMULATOR_INLINE unsigned long long atomicCAS(unsigned long long* address, unsigned long long expected, unsigned long long value) {
    return simulator::atomic_swap(address, expected, value);
}
