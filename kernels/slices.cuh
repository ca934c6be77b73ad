// Sums over slices: where the summed index of a product was split over blocks, each slice's sums lie in scratch, [slices, count], and are
// added here one after another from the first, so that the same numbers give the same bits.
#pragma once

#include "bfloat16.cuh"

template <typename Element>
static __device__ __forceinline__ void sum_slices(const float* __restrict__ slices, int count_of_slices, Element* __restrict__ y,
    int64 count) {
    for (int64 index = first_index(); index < count; index += index_step()) {
        float sum = slices[index];
        for (int slice = 1; slice < count_of_slices; slice++)
            sum += slices[slice * count + index];
        y[index] = from_float<Element>(sum);
    }
}

template <typename Element>
static __device__ __forceinline__ void sum_many_slices(const float* __restrict__ slices, int count_of_slices, Element* __restrict__ y,
    int64 count) {
    constexpr int parts = 8;
    SHARED(float, sums, parts * warp_size);
    const int lane = threadIdx.x % warp_size, part = threadIdx.x / warp_size;
    const int64 index = static_cast<int64>(blockIdx.x) * warp_size + lane;
    float sum = 0.0f;
    if (index < count) {
#pragma unroll 4
        for (int slice = part; slice < count_of_slices; slice += parts)
            sum += slices[slice * count + index];
    }
    sums[threadIdx.x] = sum;
    __syncthreads();
    if (part == 0 && index < count) {
        for (int other = 1; other < parts; other++)
            sum += sums[other * warp_size + lane];
        y[index] = from_float<Element>(sum);
    }
}

// The two kernels for a type of result.
//
// slices_sum_*: for few slices. Launch: blocks of any number of threads, a loop over count.
// slices_sum_many_*: for many slices, of which there are few results: eight threads share a result, each takes every eighth slice, and the
//   eight sums are added in order. Launch: ceil(count / 32) blocks of 256 threads.
#define SLICES_KERNELS(name, element)                                                                                         \
    extern "C" __global__ void slices_sum_##name(const float* __restrict__ slices, int count_of_slices, element* __restrict__ y, \
        int64 count) {                                                                                                        \
        sum_slices(slices, count_of_slices, y, count);                                                                        \
    }                                                                                                                         \
    extern "C" __global__ void __launch_bounds__(256) slices_sum_many_##name(                                                 \
        const float* __restrict__ slices, int count_of_slices, element* __restrict__ y, int64 count) {                        \
        sum_many_slices(slices, count_of_slices, y, count);                                                                   \
    }
