// What makes a kernel file valid C++ for the host: CUDA's words, types and functions, on top of simulator.h. Included by kernel.cuh where
// no CUDA compiler is at work.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef SIMULATOR_CHECKS
// The checked build sees these, too; a copy of known small size becomes loads and stores, and is seen anyway.
extern "C" void* memcpy(void*, const void*, size_t) noexcept __asm__("simulator_memcpy");
extern "C" void* memmove(void*, const void*, size_t) noexcept __asm__("simulator_memmove");
extern "C" void* memset(void*, int, size_t) noexcept __asm__("simulator_memset");
#endif

#include <math.h>

#include "vector_types.h"

#include "simulator.h"

// While the simulator looks for kernels it wants to see these two words itself.
#ifndef SIMULATOR_SCAN
#define __global__ __attribute__((used))
#define __launch_bounds__(...)
#endif

#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(bytes) __attribute__((aligned(bytes)))

// Shared memory: a piece of the block's arena, the same for every thread. The site stands for the declaration, as the address of a
// __shared__ variable does.
#define SHARED(type, name, count)                                                                                 \
    static constexpr simulator::shared_site name##_site{#name, #type, static_cast<int>(sizeof(type) * (count))}; \
    type* const name = static_cast<type*>(simulator::shared_array(name##_site))

#define DYNAMIC_SHARED(type, name)                                              \
    static constexpr simulator::shared_site name##_site{#name, #type, 0};       \
    type* const name = static_cast<type*>(simulator::dynamic_shared(name##_site))

#define threadIdx (simulator::head().current->thread)
#define blockIdx (simulator::head().block_index)
#define blockDim (simulator::head().block_extents)
#define gridDim (simulator::head().grid_extents)
#define warpSize 32

#include "functions.h"
#include "warp.h"
