// The walk along the depth (the summed index k) of a block's product: what the tiles of convolution_tile.cuh, tensor_core.cuh and
// bfloat16_tile.cuh share. Steps are copied asynchronously into one of several stages of shared memory while an earlier one is multiplied.
#pragma once

#include "ptx.cuh"

// Sums, however many dimensions a thread's share of them has, before the first product.
static __device__ __forceinline__ void clear_sums(float& sum) { sum = 0.0f; }

template <typename Sums, int count>
static __device__ __forceinline__ void clear_sums(Sums (&sums)[count]) {
#pragma unroll
    for (int i = 0; i < count; i++)
        clear_sums(sums[i]);
}

// Calls multiply(stage) for each of `steps` stages in their order. A stage holds stage_elements: A's from its beginning, B's from b_offset
// on. The loaders start the copies of a step: load(stage, step), called by all threads of the block. Every thread calls it; ends with a
// barrier, so that the kernel may use `shared` for something else.
template <int stages, int stage_elements, int b_offset, typename Element, typename A, typename B, typename Multiply>
static __device__ __forceinline__ void staged_product(const A& a, const B& b, int steps, Element* shared, const Multiply& multiply) {
    // A group of copies a step, empty ones after the last step, so that "all but the youngest stages - 2" is always the step that comes
    // next.
#pragma unroll 1
    for (int step = 0; step < stages - 1; step++) {
        if (step < steps) {
            Element* const stage = shared + step * stage_elements;
            a.load(stage, step);
            b.load(stage + b_offset, step);
        }
        cp_async_commit();
    }

    int current = 0, filling = stages - 1;
    for (int step = 0; step < steps; step++) {
        // After the barrier everyone's copies of this step are there, and everyone has done with the stage of the step before, which is
        // filled next.
        cp_async_wait<stages - 2>();
        __syncthreads();
        const int next = step + stages - 1;
        if (next < steps) {
            Element* const stage = shared + filling * stage_elements;
            a.load(stage, next);
            b.load(stage + b_offset, next);
        }
        cp_async_commit();
        multiply(shared + current * stage_elements);
        current = current + 1 == stages ? 0 : current + 1;
        filling = filling + 1 == stages ? 0 : filling + 1;
    }

    cp_async_wait<0>();
    __syncthreads();
}
