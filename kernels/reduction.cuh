// Reductions: sums and maxima over the middle axis of x[outer, reduced, inner], written to y[outer, inner] (Reference/Reduction.cs defines
// them). x is float32 (reduction.cu) or bfloat16 (reduction_bf16.cu), y float32.
//
// Every kernel reads x once. Bytes: the elements of x read, next to nothing written: the limit is the memory's bandwidth. Where
// outer * inner is too small to fill the device, the reduced axis is cut into parts [outer, parts, inner] in scratch memory. Of columns the
// last block reduces them, of rows a second launch does. Nothing depends on the order in which blocks run.
#pragma once

#include "columns.cuh"

namespace {

template <class operation, typename Element>
__device__ __forceinline__ void rows_1(const Element* __restrict__ x, float* __restrict__ y, int rows, int length, int lanes) {
    const int rows_a_block = static_cast<int>(blockDim.x) / lanes;
    const int64 row = static_cast<int64>(blockIdx.x) * rows_a_block + static_cast<int>(threadIdx.x) / lanes;
    const int lane = static_cast<int>(threadIdx.x) % lanes;
    float value = operation::nothing();
    if (row < rows) {
#pragma unroll 4
        for (int64 i = lane; i < length; i += lanes)
            value = operation::join(value, to_float(x[row * length + i]));
    }
    value = warp_reduce<operation>(value, lanes);
    if (row < rows && lane == 0)
        y[row] = value;
}

template <class operation, int width, typename Element>
__device__ __forceinline__ void rows_in_parts(
    const Element* __restrict__ x, float* __restrict__ y, int length, int parts, int part_length) {
    const int64 row = blockIdx.x / parts, part = blockIdx.x % parts;
    const int64 begin = part * part_length;
    const int64 end = begin + part_length < length ? begin + part_length : length;
    const int64 whole = end - (end - begin) % width;
    const Element* const from = x + row * length;
    float value = operation::nothing();
#pragma unroll 4
    for (int64 i = begin + width * static_cast<int>(threadIdx.x); i < whole; i += width * static_cast<int>(blockDim.x)) {
        const pack<width> values = load<width>(from + i);
        if constexpr (width == 4)
            value = operation::join(value,
                operation::join(operation::join(values.of[0], values.of[1]), operation::join(values.of[2], values.of[3])));
        else
            value = operation::join(value, values.of[0]);
    }
    if (whole + threadIdx.x < end)
        value = operation::join(value, to_float(from[whole + threadIdx.x]));
    value = block_reduce<operation>(value);
    if (threadIdx.x == 0)
        y[blockIdx.x] = value;
}

template <class operation, typename Element>
__device__ __forceinline__ void columns_1(const Element* __restrict__ x, float* __restrict__ y, int64 results, int reduced, int inner) {
    for (int64 i = first_index(); i < results; i += index_step()) {
        const Element* const from = x + i / inner * reduced * inner + i % inner;
        float value = operation::nothing();
#pragma unroll 4
        for (int row = 0; row < reduced; row++)
            value = operation::join(value, to_float(from[static_cast<int64>(row) * inner]));
        y[i] = value;
    }
}

template <class operation, int width, typename Element>
__device__ __forceinline__ void columns_in_parts(const Element* __restrict__ x, float* __restrict__ y, const column_tiling& tiling,
    float* parts, uint32* counters) {
    SHARED(float, values, block_threads * width);
    const column_strip strip = strip_of<width>(tiling, blockIdx.x);
    const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    pack<width> value;
    for (int k = 0; k < width; k++)
        value.of[k] = operation::nothing();

    // Four rows at once are on their way together, and joined with each other first: a quarter of the additions round the large sum.
    const int step = static_cast<int>(blockDim.y);
    int64 row = strip.begin;
    for (; row + 3 * step < strip.end; row += 4 * step) {
        pack<width> next[4];
#pragma unroll
        for (int r = 0; r < 4; r++)
            next[r] = load<width>(x + strip.offset + (row + r * step) * tiling.columns);
#pragma unroll
        for (int k = 0; k < width; k++)
            value.of[k] = operation::join(
                value.of[k], operation::join(operation::join(next[0].of[k], next[1].of[k]), operation::join(next[2].of[k], next[3].of[k])));
    }
    for (; row < strip.end; row += step) {
        const pack<width> next = load<width>(x + strip.offset + row * tiling.columns);
#pragma unroll
        for (int k = 0; k < width; k++)
            value.of[k] = operation::join(value.of[k], next.of[k]);
    }

    // A tree over the block's rows of threads.
    for (int k = 0; k < width; k++)
        values[k * block_threads + thread] = value.of[k];
    for (int half = static_cast<int>(blockDim.y) / 2; half > 0; half /= 2) {
        __syncthreads();
        if (static_cast<int>(threadIdx.y) < half) {
            for (int k = 0; k < width; k++) {
                const int mine = k * block_threads + thread;
                values[mine] = operation::join(values[mine], values[mine + half * static_cast<int>(blockDim.x)]);
            }
        }
    }

    if (threadIdx.y == 0 && strip.column < tiling.columns) {
        float* const to = (parts ? parts : y) + (strip.group * tiling.parts + strip.part) * tiling.columns + strip.column;
        for (int k = 0; k < width; k++)
            to[k] = values[k * block_threads + thread];
    }
    if (!parts || !is_last_block(counters + strip.group * tiling.tiles + tile_of(tiling), tiling.parts))
        return;

    const joining mine = joining_of<width>(tiling, strip);
    float all = operation::nothing();
    if (mine.inside) {
#pragma unroll 4
        for (int part = mine.piece; part < tiling.parts; part += mine.pieces)
            all = operation::join(all, parts[(strip.group * tiling.parts + part) * tiling.columns + mine.column]);
    }
    values[thread] = all;
    for (int half = mine.pieces / 2; half > 0; half /= 2) {
        __syncthreads();
        if (mine.piece < half)
            values[thread] = operation::join(values[thread], values[thread + half * (block_threads / mine.pieces)]);
    }
    if (mine.piece == 0 && mine.inside)
        y[strip.group * tiling.columns + mine.column] = values[thread];
}

}  // namespace

// The six kernels, for sums and for maxima.
//
// reduction_rows_1_*: y[rows] of x[rows, length], `lanes` lanes of a warp a row (a power of two, 1 to 32).
//   Launch: block 256, grid ceil(rows * lanes / 256).
// reduction_rows_2_*: y[rows, parts] of x[rows, length], a block for each part of part_length numbers: gains blocks where rows are long
//   and few. Launch: block 256, grid rows * parts; part_length * parts >= length.
// reduction_rows_3_*: the same with four numbers a load: a quarter of the load instructions, so that more bytes are on their way at once.
//   x lies at a multiple of four of its elements, part_length one of 4, and so is length unless there is one row only.
// reduction_columns_1_*: y[results] of x[results / inner, reduced, inner], a thread a result; neighboring threads read neighbors when
//   inner is large. Launch: block and grid one-dimensional, any size.
// reduction_columns_2_*: y[outer, inner] of x[outer, rows of the tiling, inner]; a block's threads share the rows and join their results:
//   gains threads where outer * inner is small. With several parts they go to parts[outer, parts, inner], with a zero counter for each
//   outer and tile, and the last block joins them; else both are null.
//   Launch: block (tx, 256 / tx), tx a power of two up to 32, grid outer * parts * tiles; tiles * tx >= inner.
// reduction_columns_3_*: the same with four columns a thread and load. x lies at a multiple of four of its elements, inner is
//   one of 4; tiles * tx * 4 >= inner.
#define REDUCTIONS(name, element, operation)                                                                                      \
    extern "C" __global__ void __launch_bounds__(block_threads)                                                                   \
        reduction_rows_1_##name(const element* __restrict__ x, float* __restrict__ y, int rows, int length, int lanes) {          \
        rows_1<operation>(x, y, rows, length, lanes);                                                                             \
    }                                                                                                                             \
    extern "C" __global__ void __launch_bounds__(block_threads)                                                                   \
        reduction_rows_2_##name(const element* __restrict__ x, float* __restrict__ y, int length, int parts, int part_length) {   \
        rows_in_parts<operation, 1>(x, y, length, parts, part_length);                                                            \
    }                                                                                                                             \
    extern "C" __global__ void __launch_bounds__(block_threads)                                                                   \
        reduction_rows_3_##name(const element* __restrict__ x, float* __restrict__ y, int length, int parts, int part_length) {   \
        rows_in_parts<operation, 4>(x, y, length, parts, part_length);                                                            \
    }                                                                                                                             \
    extern "C" __global__ void __launch_bounds__(block_threads)                                                                   \
        reduction_columns_1_##name(const element* __restrict__ x, float* __restrict__ y, int64 results, int reduced, int inner) { \
        columns_1<operation>(x, y, results, reduced, inner);                                                                      \
    }                                                                                                                             \
    extern "C" __global__ void __launch_bounds__(block_threads)                                                                   \
        reduction_columns_2_##name(const element* __restrict__ x, float* __restrict__ y, column_tiling tiling, float* parts,      \
            uint32* counters) {                                                                                                   \
        columns_in_parts<operation, 1>(x, y, tiling, parts, counters);                                                            \
    }                                                                                                                             \
    extern "C" __global__ void __launch_bounds__(block_threads)                                                                   \
        reduction_columns_3_##name(const element* __restrict__ x, float* __restrict__ y, column_tiling tiling, float* parts,      \
            uint32* counters) {                                                                                                   \
        columns_in_parts<operation, 4>(x, y, tiling, parts, counters);                                                            \
    }
