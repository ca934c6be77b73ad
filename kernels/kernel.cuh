// What every kernel file includes first: the few words in which the CUDA compiler and the host's C++ compiler differ.
//
// A kernel is `extern "C" __global__ void family_what(...)`, takes plain pointers and geometry structs by value, and is compiled twice: by
// NVRTC for a GPU, and by the machine's C++ compiler for the device cuda-sim (host/cuda.h), where one fiber plays one CUDA thread. Kernels
// include nothing but files of this folder.
#pragma once

#ifdef __CUDACC__

// Memory that the threads of a block share: `SHARED(float, tile, 32 * 33)` declares `tile`, aligned for 16-byte vectors. A macro, because
// on the host it is a piece of the simulator's shared memory, where each access is checked.
#define SHARED(type, name, count) __shared__ __align__(16) type name[count]

// The block's dynamic shared memory, whose size the launch gives.
#define DYNAMIC_SHARED(type, name)                                         \
    extern __shared__ __align__(16) unsigned char dynamic_shared_memory[]; \
    type* const name = reinterpret_cast<type*>(dynamic_shared_memory)

#else

#include "host/cuda.h"

#endif

using int64 = long long;
using uint64 = unsigned long long;
using uint32 = unsigned int;

constexpr int warp_size = 32;
constexpr unsigned all_lanes = 0xffffffffu;

// The index of this thread among all threads of a one-dimensional launch, and their number: the start and the step of a loop over any count
// of elements.
static __device__ __forceinline__ int64 first_index() { return static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x; }
static __device__ __forceinline__ int64 index_step() { return static_cast<int64>(gridDim.x) * blockDim.x; }

static __device__ __forceinline__ float infinity() { return __int_as_float(0x7f800000); }

// slope * x, and 0 where a slope of 0 meets an infinity: a flat line is flat however far out.
static __device__ __forceinline__ float sloped(float slope, float x) {
    return slope == 0.0f && fabsf(x) == infinity() ? 0.0f : slope * x;
}
