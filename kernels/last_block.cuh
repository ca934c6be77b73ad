// How one launch does what would take two: every block leaves its part in device memory, and the one that finishes last joins them all. It
// reads them in the order of the blocks, not in that of their coming, so that the same numbers give the same bits.
#pragma once

#include "kernel.cuh"

// Whether this block is the last of `blocks` to come here with this counter, which was zero before the first and is zero again after the
// last: so a launch can be repeated. What any of the blocks wrote before can be read by the last one afterwards, through pointers that are
// not declared to be read only. All threads of the block must call it; it may be called again and again.
static __device__ __forceinline__ bool is_last_block(uint32* counter, int blocks) {
    SHARED(int, last, 1);

    // Every thread's own writes before the block is counted.
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0 && threadIdx.y == 0) {
        last[0] = atomicAdd(counter, 1u) + 1 == static_cast<uint32>(blocks);
        if (last[0])
            *counter = 0;
    }
    __syncthreads();
    const bool mine = last[0] != 0;

    // And those of all others before this block reads them.
    if (mine)
        __threadfence();
    return mine;
}
