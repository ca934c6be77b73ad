// The gradient behind a LeakyReLU, and its sums over the rows, which are the gradient of the bias before it (Backend.LeakyReluGradientSums
// defines it). leaky_relu_sums.cu makes kernels of this for float32, leaky_relu_sums_bf16.cu for bfloat16. It gains a pass over memory and
// two launches: the sums are taken from what is in registers.
#pragma once

#include "columns.cuh"

namespace {

template <int width, typename Element>
__device__ __forceinline__ void leaky_relu_sums(const column_tiling& tiling, float slope, const Element* gradient,
    const Element* __restrict__ y, float* parts, uint32* counters, Element* passed, float* sums) {
    SHARED(float, shared, block_threads * width);
    const column_strip strip = strip_of<width>(tiling, blockIdx.x);
    const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    pack<width> sum;
    for (int k = 0; k < width; k++)
        sum.of[k] = 0.0f;
#pragma unroll 2
    for (int row = strip.begin; row < strip.end; row += static_cast<int>(blockDim.y)) {
        const int64 at = strip.offset + static_cast<int64>(row) * tiling.columns;
        pack<width> g = load<width>(gradient + at);
        const pack<width> value = load<width>(y + at);
#pragma unroll
        for (int k = 0; k < width; k++) {
            g.of[k] = value.of[k] > 0.0f ? g.of[k] : sloped(slope, g.of[k]);

            // What is summed is what is stored.
            g.of[k] = to_float(from_float<Element>(g.of[k]));
            sum.of[k] += g.of[k];
        }
        store<width>(passed + at, g);
    }

    // A tree over the block's rows of threads.
    for (int k = 0; k < width; k++)
        shared[k * block_threads + thread] = sum.of[k];
    for (int half = static_cast<int>(blockDim.y) / 2; half > 0; half /= 2) {
        __syncthreads();
        if (static_cast<int>(threadIdx.y) < half) {
            for (int k = 0; k < width; k++)
                shared[k * block_threads + thread] += shared[k * block_threads + thread + half * static_cast<int>(blockDim.x)];
        }
    }
    if (threadIdx.y == 0 && strip.column < tiling.columns) {
        for (int k = 0; k < width; k++)
            parts[static_cast<int64>(strip.part) * tiling.columns + strip.column + k] = shared[k * block_threads + thread];
    }
    if (!is_last_block(counters + tile_of(tiling), tiling.parts))
        return;

    const joining mine = joining_of<width>(tiling, strip);
    float all = 0.0f;
    if (mine.inside) {
#pragma unroll 4
        for (int part = mine.piece; part < tiling.parts; part += mine.pieces)
            all += parts[static_cast<int64>(part) * tiling.columns + mine.column];
    }
    shared[thread] = all;
    for (int half = mine.pieces / 2; half > 0; half /= 2) {
        __syncthreads();
        if (mine.piece < half)
            shared[thread] += shared[thread + half * (block_threads / mine.pieces)];
    }
    if (mine.piece == 0 && mine.inside)
        sums[mine.column] = shared[thread];
}

}  // namespace

// leaky_relu_sums_*: passed[rows, columns] = gradient where y > 0, else slope * gradient, and sums[columns] of it over the rows. passed may
//   be gradient. parts is room for parts * columns numbers, counters[tiles] are zero before and after. Bytes: gradient and y are read,
//   passed is written. Launch: block (tx, 256 / tx) of at most 32 columns, grid parts * tiles. Version 1 moves one column a thread,
//   version 2 four: columns a multiple of 4, arrays at multiples of four elements.
#define LEAKY_RELU_SUMS(version, width, Element)                                                                                          \
    extern "C" __global__ void __launch_bounds__(block_threads, 4) leaky_relu_sums_##version(column_tiling tiling, float slope,           \
        const Element* gradient, const Element* __restrict__ y, float* parts, uint32* counters, Element* passed, float* sums) {           \
        leaky_relu_sums<width>(tiling, slope, gradient, y, parts, counters, passed, sums);                                                \
    }
