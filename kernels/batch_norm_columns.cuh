// What the kernels of batch normalization have in common: elements as they lie in memory, what a thread knows of its channels, and how the
// last block shares out what it joins.
#pragma once

#include "bfloat16.cuh"
#include "block.cuh"
#include "last_block.cuh"

namespace {

constexpr int block_threads = 256;

template <int width, typename Element>
__device__ __forceinline__ pack<width> read(const Element* from) {
    if constexpr (width == 4) {
        const float4 four = load_four(from);
        return {{four.x, four.y, four.z, four.w}};
    } else
        return {{to_float(*from)}};
}

template <int width, typename Element>
__device__ __forceinline__ void write(Element* to, const pack<width>& values) {
    if constexpr (width == 4)
        store_four(to, make_float4(values.of[0], values.of[1], values.of[2], values.of[3]));
    else
        *to = from_float<Element>(values.of[0]);
}

// The one formula by which apply and gradient agree on which side of the kink a number lies; spelled so that no compiler rounds it in two
// ways.
__device__ __forceinline__ float normalize(float x, float mean, float inverse) { return (x - mean) * inverse; }
__device__ __forceinline__ float activation_input(float normalized, float scale, float shift) { return fmaf(scale, normalized, shift); }

// What a thread keeps of its channels.
template <int width>
struct channel_values {
    pack<width> mean, inverse, scale, shift;
};

// One float at a time: parameters are slices of larger arrays and may lie anywhere.
template <int width>
__device__ __forceinline__ channel_values<width> read_channels(const column_strip& strip, int channels, float epsilon,
    const float* __restrict__ mean, const float* __restrict__ variance, const float* __restrict__ scale, const float* __restrict__ shift) {
    channel_values<width> values;
#pragma unroll
    for (int k = 0; k < width; k++) {
        const int64 at = strip.group * channels + strip.column + k;
        values.mean.of[k] = mean[at];
        values.inverse.of[k] = 1.0f / sqrtf(variance[at] + epsilon);
        values.scale.of[k] = scale[strip.column + k];
        values.shift.of[k] = shift[strip.column + k];
    }
    return values;
}

// The block's tile, where blocks go by memory's order.
__device__ __forceinline__ int tile_of(const column_tiling& tiling) { return static_cast<int>(blockIdx.x) % tiling.tiles; }

// What a thread of the last block joins: of one of the tile's columns the parts piece, piece + pieces, ... Neighboring threads have
// neighboring columns.
struct joining {
    int column, piece, pieces;
    bool inside;
};

template <int width>
__device__ __forceinline__ joining joining_of(const column_tiling& tiling, const column_strip& strip) {
    const int columns = static_cast<int>(blockDim.x) * width;
    const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    const int column = strip.column - static_cast<int>(threadIdx.x) * width + thread % columns;
    return {column, thread / columns, block_threads / columns, column < tiling.columns};
}

}  // namespace
