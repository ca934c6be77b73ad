// What kernels that sum the columns of a matrix in one launch have in common: elements as they lie in memory, and how the last block shares
// out what it joins. Blocks as column_tiling has them (block.cuh), of at most 32 columns: so the parts of a column are few, and the last
// block is soon done.
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
