// Batch normalization (Ioffe and Szegedy 2015) of x[groups * rows, channels], each group with statistics of its own, fused with the
// LeakyReLU that follows; NHWC, so that channels are neighbors (Reference/BatchNorm.cs defines it). batch_norm.cu makes kernels of this for
// arrays of float32, batch_norm_bf16.cu for those of bfloat16: x, y and their gradients; everything else is float32.
//
// All of it is bound by memory. Bytes, with n those of x: statistics read n (once: the parts' moments are merged, not recomputed); apply
// reads n and writes n; the gradient reads 2n for its sums, then 2n again and writes n. Partial results are 1 / (rows of a part) of that.
// Reading comes in memory's order, writing passes run against it: what was read last is still in the L2 cache when the next pass begins.
//
// Every kernel has the blocks of column_tiling (block.cuh): block (tx, 256 / tx) with tx a power of two up to 32, grid groups * parts *
// tiles. A block that sums has at most 32 columns, so that the parts of a column are few and the last block soon joins them
// (last_block.cuh): one launch. Of each pair, version 1 moves one channel a thread and serves any array; version 2 moves four at once: a
// quarter of the load instructions, so that more bytes are on their way at once. Version 2 needs channels to be a multiple of 4 and x, y
// and their gradients to lie at multiples of four elements.
#pragma once

#include "batch_norm_statistics.cuh"

namespace {

// Rows that a thread loads before it uses the first of them.
constexpr int rows_at_once = 4;

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

// Sums and products of the group from its parts, by the block that finished last.
template <int width>
__device__ __forceinline__ void join_sums(const column_tiling& tiling, const column_strip& strip, const float* part_sums,
    const float* part_products, float* shared_sums, float* shared_products, float* sums, float* products) {
    const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    const joining mine = joining_of<width>(tiling, strip);
    float sum = 0.0f, product = 0.0f;
    if (mine.inside) {
#pragma unroll 4
        for (int part = mine.piece; part < tiling.parts; part += mine.pieces) {
            const int64 at = (strip.group * tiling.parts + part) * tiling.columns + mine.column;
            sum += part_sums[at];
            product += part_products[at];
        }
    }
    shared_sums[thread] = sum;
    shared_products[thread] = product;
    for (int half = mine.pieces / 2; half > 0; half /= 2) {
        __syncthreads();
        if (mine.piece < half) {
            shared_sums[thread] += shared_sums[thread + half * (block_threads / mine.pieces)];
            shared_products[thread] += shared_products[thread + half * (block_threads / mine.pieces)];
        }
    }
    if (mine.piece == 0 && mine.inside) {
        const int64 to = strip.group * tiling.columns + mine.column;
        sums[to] = shared_sums[thread];
        products[to] = shared_products[thread];
    }
}

// parts[2][groups, parts, channels] are the sums and products of each part's rows.
template <int width, typename Element>
__device__ __forceinline__ void gradient_sums(const column_tiling& tiling, int groups, float epsilon, float negative_slope,
    const Element* __restrict__ gradient, const Element* __restrict__ x, const float* __restrict__ mean,
    const float* __restrict__ variance, const float* __restrict__ scale, const float* __restrict__ shift, float* parts, uint32* counters,
    float* sums, float* products, float* scale_gradient, float* shift_gradient) {
    SHARED(float, shared_sums, block_threads * width);
    SHARED(float, shared_products, block_threads * width);
    const column_strip strip = strip_of<width>(tiling, blockIdx.x);
    const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    pack<width> sum, product;
    for (int k = 0; k < width; k++)
        sum.of[k] = product.of[k] = 0.0f;
    if (strip.begin < strip.end) {
        const channel_values<width> channel = read_channels<width>(strip, tiling.columns, epsilon, mean, variance, scale, shift);
#pragma unroll 2
        for (int row = strip.begin; row < strip.end; row += static_cast<int>(blockDim.y)) {
            const int64 at = strip.offset + static_cast<int64>(row) * tiling.columns;
            const pack<width> g = load<width>(gradient + at), values = load<width>(x + at);
#pragma unroll
            for (int k = 0; k < width; k++) {
                const float normalized = normalize(values.of[k], channel.mean.of[k], channel.inverse.of[k]);
                const bool positive = activation_input(normalized, channel.scale.of[k], channel.shift.of[k]) > 0.0f;
                const float passed = positive ? g.of[k] : negative_slope * g.of[k];
                sum.of[k] += passed;
                product.of[k] = fmaf(passed, normalized, product.of[k]);
            }
        }
    }

    // A tree over the block's rows of threads.
    for (int k = 0; k < width; k++) {
        shared_sums[k * block_threads + thread] = sum.of[k];
        shared_products[k * block_threads + thread] = product.of[k];
    }
    for (int half = static_cast<int>(blockDim.y) / 2; half > 0; half /= 2) {
        __syncthreads();
        if (static_cast<int>(threadIdx.y) < half) {
            for (int k = 0; k < width; k++) {
                const int mine = k * block_threads + thread, other = mine + half * static_cast<int>(blockDim.x);
                shared_sums[mine] += shared_sums[other];
                shared_products[mine] += shared_products[other];
            }
        }
    }

    float* const part_products = parts + static_cast<int64>(groups) * tiling.parts * tiling.columns;
    if (threadIdx.y == 0 && strip.column < tiling.columns) {
        const int64 to = (strip.group * tiling.parts + strip.part) * tiling.columns + strip.column;
        for (int k = 0; k < width; k++) {
            parts[to + k] = shared_sums[k * block_threads + thread];
            part_products[to + k] = shared_products[k * block_threads + thread];
        }
    }
    if (!is_last_block(counters + strip.group * tiling.tiles + tile_of(tiling), tiling.parts))
        return;
    join_sums<width>(tiling, strip, parts, part_products, shared_sums, shared_products, sums, products);
    if ((!scale_gradient && !shift_gradient) || !is_last_block(counters + groups * tiling.tiles + tile_of(tiling), groups))
        return;
    const joining mine = joining_of<width>(tiling, strip);
    if (mine.piece > 0 || !mine.inside)
        return;
    float all_sums = 0.0f, all_products = 0.0f;
    for (int64 group = 0; group < groups; group++) {
        all_sums += sums[group * tiling.columns + mine.column];
        all_products += products[group * tiling.columns + mine.column];
    }
    if (scale_gradient)
        scale_gradient[mine.column] = all_products;
    if (shift_gradient)
        shift_gradient[mine.column] = all_sums;
}

template <int width, typename Element>
__device__ __forceinline__ void apply(const column_tiling& tiling, float epsilon, float negative_slope, const Element* x,
    const float* __restrict__ mean, const float* __restrict__ variance, const float* __restrict__ scale, const float* __restrict__ shift,
    Element* y) {
    const column_strip strip = strip_of<width>(tiling, gridDim.x - 1 - static_cast<int64>(blockIdx.x));
    if (strip.begin >= strip.end)
        return;
    const channel_values<width> channel = read_channels<width>(strip, tiling.columns, epsilon, mean, variance, scale, shift);
    const int step = static_cast<int>(blockDim.y);
    for (int row = strip.begin; row < strip.end; row += rows_at_once * step) {
        // y may be x, so the compiler may not move a load over a store: it is done by hand.
        pack<width> values[rows_at_once];
#pragma unroll
        for (int r = 0; r < rows_at_once; r++) {
            if (row + r * step < strip.end)
                values[r] = load<width>(x + strip.offset + static_cast<int64>(row + r * step) * tiling.columns);
        }
#pragma unroll
        for (int r = 0; r < rows_at_once; r++) {
            if (row + r * step < strip.end) {
#pragma unroll
                for (int k = 0; k < width; k++) {
                    const float normalized = normalize(values[r].of[k], channel.mean.of[k], channel.inverse.of[k]);
                    const float value = activation_input(normalized, channel.scale.of[k], channel.shift.of[k]);
                    values[r].of[k] = value > 0.0f ? value : sloped(negative_slope, value);
                }
                store<width>(y + strip.offset + static_cast<int64>(row + r * step) * tiling.columns, values[r]);
            }
        }
    }
}

template <int width, typename Element>
__device__ __forceinline__ void gradient_input(const column_tiling& tiling, float epsilon, float negative_slope, const Element* gradient,
    const Element* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ variance, const float* __restrict__ scale,
    const float* __restrict__ shift, const float* __restrict__ sums, const float* __restrict__ products, Element* input_gradient) {
    const column_strip strip = strip_of<width>(tiling, gridDim.x - 1 - static_cast<int64>(blockIdx.x));
    if (strip.begin >= strip.end)
        return;
    const channel_values<width> channel = read_channels<width>(strip, tiling.columns, epsilon, mean, variance, scale, shift);
    pack<width> factor, average, slope;
#pragma unroll
    for (int k = 0; k < width; k++) {
        const int64 at = strip.group * tiling.columns + strip.column + k;
        factor.of[k] = channel.scale.of[k] * channel.inverse.of[k];
        average.of[k] = sums[at] / static_cast<float>(tiling.rows);
        slope.of[k] = products[at] / static_cast<float>(tiling.rows);
    }

    constexpr int at_once = rows_at_once / 2;
    const int step = static_cast<int>(blockDim.y);
    for (int row = strip.begin; row < strip.end; row += at_once * step) {
        pack<width> g[at_once], values[at_once];
#pragma unroll
        for (int r = 0; r < at_once; r++) {
            if (row + r * step < strip.end) {
                const int64 at = strip.offset + static_cast<int64>(row + r * step) * tiling.columns;
                g[r] = load<width>(gradient + at);
                values[r] = load<width>(x + at);
            }
        }
#pragma unroll
        for (int r = 0; r < at_once; r++) {
            if (row + r * step < strip.end) {
#pragma unroll
                for (int k = 0; k < width; k++) {
                    const float normalized = normalize(values[r].of[k], channel.mean.of[k], channel.inverse.of[k]);
                    const bool positive = activation_input(normalized, channel.scale.of[k], channel.shift.of[k]) > 0.0f;
                    const float passed = positive ? g[r].of[k] : negative_slope * g[r].of[k];
                    g[r].of[k] = factor.of[k] * fmaf(-normalized, slope.of[k], passed - average.of[k]);
                }
                store<width>(input_gradient + strip.offset + static_cast<int64>(row + r * step) * tiling.columns, g[r]);
            }
        }
    }
}

}  // namespace

// The kernels, for arrays of one element type; `suffix` ends their names. Each in two versions, see above.
//
// batch_norm_statistics_*: mean[groups, channels] and variance[groups, channels] of x, and where running.mean is given the running ones
//   moved towards them. With several parts `parts` is room for 2 * groups * parts * channels numbers. A group without rows has zeros.
// batch_norm_apply_*: y = activation(scale[c] * (x - mean[g, c]) / sqrt(variance[g, c] + epsilon) + shift[c]), like x; y may be x.
// batch_norm_gradient_sums_*: of g = gradient * slope of the activation: sums[groups, channels] of g and products[groups, channels] of g *
//   normalized x, and their sums over the groups, shift_gradient[channels] and scale_gradient[channels], each of which may be null. `parts`
//   as above, for any number of parts.
// batch_norm_gradient_input_*: input_gradient = scale / sigma * (g - sums / rows - normalized x * products / rows), like x;
//   input_gradient may be gradient.
//
// counters[(groups + 1) * tiles] are zero before and after.
#define BATCH_NORM_VERSION(version, width, Element)                                                                                       \
    extern "C" __global__ void __launch_bounds__(block_threads, 4) batch_norm_statistics_##version(column_tiling tiling, int groups,      \
        const Element* __restrict__ x, float* parts, uint32* counters, float* mean, float* variance, float* running_mean,                 \
        float* running_variance, float momentum, float correction) {                                                                      \
        statistics<width>(tiling, groups, x, parts, counters, mean, variance,                                                             \
            running_statistics{running_mean, running_variance, momentum, correction});                                                    \
    }                                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(block_threads, 4) batch_norm_apply_##version(column_tiling tiling, float epsilon,        \
        float negative_slope, const Element* x, const float* __restrict__ mean, const float* __restrict__ variance,                       \
        const float* __restrict__ scale, const float* __restrict__ shift, Element* y) {                                                   \
        apply<width>(tiling, epsilon, negative_slope, x, mean, variance, scale, shift, y);                                                \
    }                                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(block_threads, 4) batch_norm_gradient_sums_##version(column_tiling tiling, int groups,   \
        float epsilon, float negative_slope, const Element* __restrict__ gradient, const Element* __restrict__ x,                         \
        const float* __restrict__ mean, const float* __restrict__ variance, const float* __restrict__ scale,                              \
        const float* __restrict__ shift, float* parts, uint32* counters, float* sums, float* products, float* scale_gradient,             \
        float* shift_gradient) {                                                                                                          \
        gradient_sums<width>(tiling, groups, epsilon, negative_slope, gradient, x, mean, variance, scale, shift, parts, counters, sums,   \
            products, scale_gradient, shift_gradient);                                                                                    \
    }                                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(block_threads, 4) batch_norm_gradient_input_##version(column_tiling tiling,              \
        float epsilon, float negative_slope, const Element* gradient, const Element* __restrict__ x, const float* __restrict__ mean,      \
        const float* __restrict__ variance, const float* __restrict__ scale, const float* __restrict__ shift,                             \
        const float* __restrict__ sums, const float* __restrict__ products, Element* input_gradient) {                                    \
        gradient_input<width>(tiling, epsilon, negative_slope, gradient, x, mean, variance, scale, shift, sums, products,                 \
            input_gradient);                                                                                                              \
    }
