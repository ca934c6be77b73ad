// Elements of any size that move along strides: what movement.cu and movement_bf16.cu make kernels of.
#pragma once

#include "strided.cuh"

template <typename T>
static __device__ __forceinline__ void walk(const strided_geometry& geometry, const T* __restrict__ x, T* __restrict__ y) {
    const int inner = geometry.rank - 1;
    const int64 rows = count_rows(geometry, inner);
    const int extent = geometry.extents[inner];
    const int64 stride_in = geometry.strides_a[inner], stride_out = geometry.strides_out[inner];
    const int64 step = index_step(), row_step = static_cast<int64>(gridDim.y) * blockDim.y;
    for (int64 row = static_cast<int64>(blockIdx.y) * blockDim.y + threadIdx.y; row < rows; row += row_step) {
        const row_offsets start = offsets_of_row(geometry, inner, row);
        for (int64 i = first_index(); i < extent; i += step)
            y[start.out + i * stride_out] = x[start.a + i * stride_in];
    }
}

constexpr int tile_side = 32, tile_rows = 8;

template <typename T>
static __device__ __forceinline__ void transpose(const strided_geometry& geometry, const T* __restrict__ x, T* __restrict__ y) {
    // A column more than is used: neighbors of a column then lie in different banks.
    constexpr int pitch = tile_side + 1;
    SHARED(T, tile, tile_side * pitch);
    const int row_axis = geometry.rank - 2, column_axis = geometry.rank - 1;
    const int rows = geometry.extents[row_axis], columns = geometry.extents[column_axis];
    const int64 column_in = geometry.strides_a[column_axis], row_out = geometry.strides_out[row_axis];
    const int64 tiles_down = (rows + tile_side - 1) / tile_side, tiles_across = (columns + tile_side - 1) / tile_side;
    const int64 images = count_rows(geometry, row_axis);
    for (int64 image = blockIdx.y; image < images; image += gridDim.y) {
        const row_offsets start = offsets_of_row(geometry, row_axis, image);
        for (int64 task = blockIdx.x; task < tiles_down * tiles_across; task += gridDim.x) {
            const int64 top = task / tiles_across * tile_side, left = task % tiles_across * tile_side;
            const T* const from = x + start.a + top + left * column_in;
            T* const to = y + start.out + top * row_out + left;
            const int height = static_cast<int>(rows - top < tile_side ? rows - top : tile_side);
            const int width = static_cast<int>(columns - left < tile_side ? columns - left : tile_side);
            const int lane = static_cast<int>(threadIdx.x), line = static_cast<int>(threadIdx.y);
            for (int column = line; column < width; column += tile_rows) {
                if (lane < height)
                    tile[column * pitch + lane] = from[lane + column * column_in];
            }

            __syncthreads();
            for (int row = line; row < height; row += tile_rows) {
                if (lane < width)
                    to[row * row_out + lane] = tile[lane * pitch + row];
            }

            __syncthreads();
        }
    }
}
