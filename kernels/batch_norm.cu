// Batch normalization (Ioffe and Szegedy 2015) of x[groups * rows, channels], each group with statistics of its own, fused with the
// LeakyReLU that follows; NHWC, so that channels are neighbors (Reference/BatchNorm.cs defines it).
//
// All of it is bound by memory. Bytes, with n = 4 * groups * rows * channels: statistics read n (once: the parts' moments are merged, not
// recomputed); apply reads n and writes n; the gradient reads 2n for its sums, then 2n again and writes n. Partial results are 1 / (rows of
// a part) of that. Reading comes in memory's order, writing passes run against it: what was read last is still in the L2 cache when the
// next pass begins.
//
// Every kernel has the blocks of column_tiling (block.cuh): block (tx, 256 / tx) with tx a power of two up to 32, grid groups * parts *
// tiles. Of each pair, version 1 moves one channel a thread and serves any array; version 2 moves four as one float4: a quarter of the load
// instructions, so that more bytes are on their way at once. Version 2 needs channels to be a multiple of 4 and x, y and their gradients to
// lie at multiples of 16 bytes.
#include "block.cuh"

namespace {

constexpr int block_threads = 256;

// Rows that a thread loads before it uses the first of them.
constexpr int rows_at_once = 4;

// How many numbers, their mean's distance from an origin that all parts share, and the sum of their squared distances from their own mean.
struct moments {
    float count, mean, squares;
};

// Chan, Golub and LeVeque 1979: the moments of two sets together. No squares of large numbers are subtracted, so that nothing is lost where
// the mean is far from zero.
__device__ __forceinline__ moments merge(const moments& a, const moments& b) {
    const float count = a.count + b.count;
    if (count == 0.0f)
        return a;
    const float distance = b.mean - a.mean, share = b.count / count;
    return {count, fmaf(distance, share, a.mean), a.squares + b.squares + distance * distance * (a.count * share)};
}

// Of the parts' moments, as the statistics leave them.
__device__ __forceinline__ float rows_of_part(const column_tiling& tiling, int part) {
    const int64 begin = static_cast<int64>(part) * tiling.part_length;
    const int64 left = tiling.rows - begin;
    return static_cast<float>(left < tiling.part_length ? left : tiling.part_length);
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

template <int width>
__device__ __forceinline__ void statistics(const column_tiling& tiling, const float* __restrict__ x, float* __restrict__ mean,
    float* __restrict__ variance) {
    SHARED(float, means, block_threads * width);
    SHARED(float, squares, block_threads * width);
    SHARED(float, counts, block_threads);
    const column_strip strip = strip_of<width>(tiling, blockIdx.x);
    const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    moments own[width];
    for (int k = 0; k < width; k++)
        own[k] = {0.0f, 0.0f, 0.0f};
    if (strip.begin < strip.end) {
        // Sums of distances from the thread's own first number: one of the numbers themselves, so that squares of distances exceed the
        // variance by no more than the count of the rows here.
        const pack<width> origin = load<width>(x + strip.offset);
        const pack<width> pivot = load<width>(x + strip.offset + static_cast<int64>(strip.begin) * tiling.columns);
        pack<width> sum, square;
        for (int k = 0; k < width; k++)
            sum.of[k] = square.of[k] = 0.0f;
        int count = 1;
#pragma unroll 4
        for (int row = strip.begin + static_cast<int>(blockDim.y); row < strip.end; row += static_cast<int>(blockDim.y)) {
            const pack<width> next = load<width>(x + strip.offset + static_cast<int64>(row) * tiling.columns);
            for (int k = 0; k < width; k++) {
                const float distance = next.of[k] - pivot.of[k];
                sum.of[k] += distance;
                square.of[k] = fmaf(distance, distance, square.of[k]);
            }
            count++;
        }
        for (int k = 0; k < width; k++) {
            const float average = sum.of[k] / static_cast<float>(count);
            const float around = fmaf(-average, sum.of[k], square.of[k]);
            own[k] = {static_cast<float>(count), (pivot.of[k] - origin.of[k]) + average, around < 0.0f ? 0.0f : around};
        }
    }

    // A tree over the block's rows of threads.
    counts[thread] = own[0].count;
    for (int k = 0; k < width; k++) {
        means[k * block_threads + thread] = own[k].mean;
        squares[k * block_threads + thread] = own[k].squares;
    }
    for (int half = static_cast<int>(blockDim.y) / 2; half > 0; half /= 2) {
        __syncthreads();
        if (static_cast<int>(threadIdx.y) < half) {
            const int other = thread + half * static_cast<int>(blockDim.x);
            const float other_count = counts[other];
            for (int k = 0; k < width; k++)
                own[k] = merge(own[k], {other_count, means[k * block_threads + other], squares[k * block_threads + other]});
            counts[thread] = own[0].count;
            for (int k = 0; k < width; k++) {
                means[k * block_threads + thread] = own[k].mean;
                squares[k * block_threads + thread] = own[k].squares;
            }
        }
    }

    if (threadIdx.y == 0 && strip.column < tiling.columns) {
        const int64 to = (strip.group * tiling.parts + strip.part) * tiling.columns + strip.column;
        for (int k = 0; k < width; k++) {
            const float origin = tiling.parts == 1 && tiling.rows > 0 ? x[strip.offset + k] : 0.0f;
            mean[to + k] = origin + own[k].mean;
            variance[to + k] = own[k].count == 0.0f ? 0.0f : own[k].squares / own[k].count;
        }
    }
}

template <int width>
__device__ __forceinline__ void apply(const column_tiling& tiling, float epsilon, float negative_slope, const float* x,
    const float* __restrict__ mean,
    const float* __restrict__ variance, const float* __restrict__ scale, const float* __restrict__ shift, float* y) {
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

template <int width>
__device__ __forceinline__ void gradient_sums(const column_tiling& tiling, float epsilon, float negative_slope,
    const float* __restrict__ gradient,
    const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ variance, const float* __restrict__ scale,
    const float* __restrict__ shift, float* __restrict__ sums, float* __restrict__ products) {
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

    if (threadIdx.y == 0 && strip.column < tiling.columns) {
        const int64 to = (strip.group * tiling.parts + strip.part) * tiling.columns + strip.column;
        for (int k = 0; k < width; k++) {
            sums[to + k] = shared_sums[k * block_threads + thread];
            products[to + k] = shared_products[k * block_threads + thread];
        }
    }
}

template <int width>
__device__ __forceinline__ void gradient_input(const column_tiling& tiling, float epsilon, float negative_slope, const float* gradient,
    const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ variance, const float* __restrict__ scale,
    const float* __restrict__ shift, const float* __restrict__ sums, const float* __restrict__ products, float* input_gradient) {
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

// mean[groups, parts, channels] and variance[groups, parts, channels] of each part's rows of x; the means are distances from the group's
// first row where there are several parts. With one part these are the statistics themselves. A part without rows has zeros.
#define STATISTICS(version, width)                                                                                   \
    extern "C" __global__ void __launch_bounds__(block_threads, 4)                                                   \
        batch_norm_statistics_##version(column_tiling tiling, const float* __restrict__ x, float* __restrict__ mean, \
        float* __restrict__ variance) {                                                                              \
        statistics<width>(tiling, x, mean, variance);                                                                \
    }
STATISTICS(1, 1)
STATISTICS(2, 4)

// mean[groups, channels] and variance[groups, channels] from what batch_norm_statistics left of several parts, merged in a fixed order.
// Launch: block (8, 32), grid (ceil(channels / 8), groups). tiling is the one of the parts.
extern "C" __global__ void __launch_bounds__(block_threads) batch_norm_statistics_finish(column_tiling tiling, const float* __restrict__ x,
    const float* __restrict__ part_means, const float* __restrict__ part_variances, float* __restrict__ mean,
        float* __restrict__ variance) {
    SHARED(moments, shared, block_threads);
    const int channel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    const int64 group = blockIdx.y;
    const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    moments own = {0.0f, 0.0f, 0.0f};
    if (channel < tiling.columns) {
#pragma unroll 4
        for (int part = static_cast<int>(threadIdx.y); part < tiling.parts; part += static_cast<int>(blockDim.y)) {
            const int64 at = (group * tiling.parts + part) * tiling.columns + channel;
            const float count = rows_of_part(tiling, part);
            own = merge(own, {count, part_means[at], part_variances[at] * count});
        }
    }
    shared[thread] = own;
    for (int half = static_cast<int>(blockDim.y) / 2; half > 0; half /= 2) {
        __syncthreads();
        if (static_cast<int>(threadIdx.y) < half) {
            own = merge(own, shared[thread + half * static_cast<int>(blockDim.x)]);
            shared[thread] = own;
        }
    }
    if (threadIdx.y == 0 && channel < tiling.columns) {
        mean[group * tiling.columns + channel] = x[group * tiling.rows * tiling.columns + channel] + own.mean;
        variance[group * tiling.columns + channel] = own.squares / own.count;
    }
}

// y = activation(scale[c] * (x - mean[g, c]) / sqrt(variance[g, c] + epsilon) + shift[c]), like x; y may be x.
#define APPLY(version, width)                                                                                                 \
    extern "C" __global__ void __launch_bounds__(block_threads, 4)                                                            \
        batch_norm_apply_##version(column_tiling tiling, float epsilon, float negative_slope, const float* x,                 \
        const float* __restrict__ mean,                                                                                       \
            const float* __restrict__ variance, const float* __restrict__ scale, const float* __restrict__ shift, float* y) { \
        apply<width>(tiling, epsilon, negative_slope, x, mean, variance, scale, shift, y);                                    \
    }
APPLY(1, 1)
APPLY(2, 4)

// sums[groups, parts, channels] of g = gradient * slope of the activation, and products[groups, parts, channels] of g * normalized x, over
// each part's rows.
#define GRADIENT_SUMS(version, width)                                                                                                     \
    extern "C" __global__ void __launch_bounds__(block_threads, 4)                                                                        \
        batch_norm_gradient_sums_##version(column_tiling tiling, float epsilon, float negative_slope, const float* __restrict__ gradient, \
            const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ variance,                              \
            const float* __restrict__ scale,                                                                                              \
            const float* __restrict__ shift, float* __restrict__ sums, float* __restrict__ products) {                                    \
        gradient_sums<width>(tiling, epsilon, negative_slope, gradient, x, mean, variance, scale, shift, sums, products);                 \
    }
GRADIENT_SUMS(1, 1)
GRADIENT_SUMS(2, 4)

// From the parts' sums and products: those of each group, [groups, channels], and their sums over the groups in order:
// scale_gradient[channels] (of the products) and shift_gradient[channels] (of the sums), each of which may be null. Launch: block (8, 32),
// grid ceil(channels / 8). tiling is the one of the parts.
extern "C" __global__ void __launch_bounds__(block_threads) batch_norm_gradient_finish(column_tiling tiling, int groups,
    const float* __restrict__ part_sums,
    const float* __restrict__ part_products, float* __restrict__ sums, float* __restrict__ products, float* __restrict__ scale_gradient,
    float* __restrict__ shift_gradient) {
    SHARED(float, shared_sums, block_threads);
    SHARED(float, shared_products, block_threads);
    const int channel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    float all_sums = 0.0f, all_products = 0.0f;
    for (int64 group = 0; group < groups; group++) {
        float sum = 0.0f, product = 0.0f;
        if (channel < tiling.columns) {
#pragma unroll 4
            for (int part = static_cast<int>(threadIdx.y); part < tiling.parts; part += static_cast<int>(blockDim.y)) {
                const int64 at = (group * tiling.parts + part) * tiling.columns + channel;
                sum += part_sums[at];
                product += part_products[at];
            }
        }

        // The group before has been read by all.
        __syncthreads();
        shared_sums[thread] = sum;
        shared_products[thread] = product;
        for (int half = static_cast<int>(blockDim.y) / 2; half > 0; half /= 2) {
            __syncthreads();
            if (static_cast<int>(threadIdx.y) < half) {
                shared_sums[thread] += shared_sums[thread + half * static_cast<int>(blockDim.x)];
                shared_products[thread] += shared_products[thread + half * static_cast<int>(blockDim.x)];
            }
        }
        if (threadIdx.y == 0 && channel < tiling.columns) {
            sums[group * tiling.columns + channel] = shared_sums[thread];
            products[group * tiling.columns + channel] = shared_products[thread];
            all_sums += shared_sums[thread];
            all_products += shared_products[thread];
        }
    }
    if (threadIdx.y == 0 && channel < tiling.columns) {
        if (scale_gradient)
            scale_gradient[channel] = all_products;
        if (shift_gradient)
            shift_gradient[channel] = all_sums;
    }
}

// input_gradient = scale / sigma * (g - sums / rows - normalized x * products / rows), like x; sums and products are those of the groups.
// input_gradient may be gradient.
#define GRADIENT_INPUT(version, width)                                                                                                     \
    extern "C" __global__ void __launch_bounds__(block_threads, 4)                                                                         \
        batch_norm_gradient_input_##version(column_tiling tiling, float epsilon, float negative_slope, const float* gradient,              \
            const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ variance,                               \
            const float* __restrict__ scale, const float* __restrict__ shift, const float* __restrict__ sums,                              \
            const float* __restrict__ products, float* input_gradient) {                                                                   \
        gradient_input<width>(tiling, epsilon, negative_slope, gradient, x, mean, variance, scale, shift, sums, products, input_gradient); \
    }
GRADIENT_INPUT(1, 1)
GRADIENT_INPUT(2, 4)
