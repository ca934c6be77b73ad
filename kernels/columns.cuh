// What kernels that sum the columns of a matrix in one launch have in common: how the last block shares out what it joins. Blocks as
// column_tiling has them (block.cuh), of at most 32 columns: so the parts of a column are few, and the last block is soon done.
#pragma once

#include "block.cuh"
#include "last_block.cuh"

namespace {

constexpr int block_threads = 256;

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
