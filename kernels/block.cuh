// Reductions over a warp and over a block, and neighboring floats moved as one. Everything is joined in a fixed order, so that the same
// numbers give the same bits.
#pragma once

#include "bfloat16.cuh"

// Two operations that reductions are made of: what joins two numbers, and the number that leaves any other as it is.
struct sum_operation {
    static __device__ __forceinline__ float nothing() { return 0.0f; }
    static __device__ __forceinline__ float join(float a, float b) { return a + b; }
};

// A NaN among the numbers is the maximum; fmaxf would lose it.
struct maximum_operation {
    static __device__ __forceinline__ float nothing() { return -infinity(); }
    static __device__ __forceinline__ float join(float a, float b) { return a > b || a != a ? a : b; }
};

// Joins the values of each `lanes` neighboring lanes (a power of two up to 32); all of them get the result. All 32 lanes of the warp must
// call it.
template <class operation>
static __device__ __forceinline__ float warp_reduce(float value, int lanes = warp_size) {
    for (int distance = lanes / 2; distance > 0; distance /= 2)
        value = operation::join(value, __shfl_xor_sync(all_lanes, value, distance));
    return value;
}

// Joins the values of a one-dimensional block of whole warps; all threads get the result. All threads must call it; it may be called again
// and again.
template <class operation>
static __device__ __forceinline__ float block_reduce(float value) {
    SHARED(float, parts, warp_size);
    const int lane = static_cast<int>(threadIdx.x) % warp_size, warp = static_cast<int>(threadIdx.x) / warp_size;
    const int warps = static_cast<int>(blockDim.x) / warp_size;
    value = warp_reduce<operation>(value);

    // The parts of the call before have been read by all.
    __syncthreads();
    if (lane == 0)
        parts[warp] = value;
    __syncthreads();
    return warp_reduce<operation>(lane < warps ? parts[lane] : operation::nothing());
}

// Neighboring floats, of which a thread moves four at once where their address is a multiple of as many bytes.
template <int width>
struct pack {
    float of[width];
};

template <int width, typename Element>
static __device__ __forceinline__ pack<width> load(const Element* from) {
    static_assert(width == 1 || width == 4, "one float or a float4");
    if constexpr (width == 4) {
        const float4 four = load_four(from);
        return {{four.x, four.y, four.z, four.w}};
    } else
        return {{to_float(*from)}};
}

template <int width, typename Element>
static __device__ __forceinline__ void store(Element* to, const pack<width>& values) {
    static_assert(width == 1 || width == 4, "one float or a float4");
    if constexpr (width == 4)
        store_four(to, make_float4(values.of[0], values.of[1], values.of[2], values.of[3]));
    else
        *to = from_float<Element>(values.of[0]);
}

// How a matrix [groups * rows, columns] is cut into blocks: the columns into tiles of blockDim.x * width neighbors, the rows of each group
// into parts. A thread owns `width` columns and walks the rows threadIdx.y, threadIdx.y + blockDim.y, ... of its part, so that a warp reads
// neighboring floats. ColumnTiling in Cuda/Reduction.cs fills it: part_length * parts >= rows.
struct column_tiling {
    int rows, columns;
    int tiles, parts, part_length;
};

// What one thread of such a block works at. Blocks go by memory: tiles fastest, then parts, then groups.
struct column_strip {
    int64 group;
    int part, column;

    // Rows within the group, from the thread's first to the end of its part; an empty range where the thread has no columns.
    int begin, end;

    // Of the element at the thread's first column of the group's first row.
    int64 offset;
};

template <int width>
static __device__ __forceinline__ column_strip strip_of(const column_tiling& tiling, int64 block) {
    column_strip strip;
    const int64 across = block / tiling.tiles;
    strip.group = across / tiling.parts;
    strip.part = static_cast<int>(across % tiling.parts);
    strip.column = (static_cast<int>(block % tiling.tiles) * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)) * width;
    const int64 begin = static_cast<int64>(strip.part) * tiling.part_length;
    const int64 end = begin + tiling.part_length;
    strip.begin = static_cast<int>(begin) + static_cast<int>(threadIdx.y);
    strip.end = strip.column < tiling.columns ? static_cast<int>(end < tiling.rows ? end : tiling.rows) : 0;
    strip.offset = strip.group * tiling.rows * tiling.columns + strip.column;
    return strip;
}
