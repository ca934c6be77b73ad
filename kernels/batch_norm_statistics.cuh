// Mean and variance of the columns of a matrix, and the running ones that follow them: the first half of batch_norm.cuh. Means of parts are
// counted from the first row of the group.
#pragma once

#include "columns.cuh"
#include "moments.cuh"
#include "running_statistics.cuh"

namespace {

// Of one part of a group.
__device__ __forceinline__ float rows_of_part(const column_tiling& tiling, int part) {
    const int64 begin = static_cast<int64>(part) * tiling.part_length;
    const int64 left = tiling.rows - begin;
    return static_cast<float>(left < tiling.part_length ? left : tiling.part_length);
}

// mean and variance of the group from its parts, by the block that finished last.
template <int width, typename Element>
__device__ __forceinline__ void join_moments(const column_tiling& tiling, const column_strip& strip, const Element* __restrict__ x,
    const float* part_means, const float* part_squares, float* means, float* squares, float* counts, float* mean, float* variance) {
    const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    const joining mine = joining_of<width>(tiling, strip);
    moments own = {0.0f, 0.0f, 0.0f};
    if (mine.inside) {
#pragma unroll 4
        for (int part = mine.piece; part < tiling.parts; part += mine.pieces) {
            const int64 at = (strip.group * tiling.parts + part) * tiling.columns + mine.column;
            own = merge(own, {rows_of_part(tiling, part), part_means[at], part_squares[at]});
        }
    }
    means[thread] = own.mean;
    squares[thread] = own.squares;
    counts[thread] = own.count;
    for (int half = mine.pieces / 2; half > 0; half /= 2) {
        __syncthreads();
        if (mine.piece < half) {
            const int other = thread + half * (block_threads / mine.pieces);
            own = merge(own, {counts[other], means[other], squares[other]});
            means[thread] = own.mean;
            squares[thread] = own.squares;
            counts[thread] = own.count;
        }
    }
    if (mine.piece == 0 && mine.inside) {
        const int64 to = strip.group * tiling.columns + mine.column;
        mean[to] = to_float(x[strip.group * tiling.rows * tiling.columns + mine.column]) + own.mean;
        variance[to] = own.squares / own.count;
    }
}

// The running statistics, by the block that knows the last group's.
template <int width>
__device__ __forceinline__ void follow_statistics(const column_tiling& tiling, const column_strip& strip, int groups, uint32* counter,
    const float* mean, const float* variance, const running_statistics& running) {
    if (groups == 1)
        __syncthreads();
    else if (!is_last_block(counter, groups))
        return;
    const joining mine = joining_of<width>(tiling, strip);
    if (mine.piece == 0 && mine.inside)
        move_running_statistics(running, groups, tiling.columns, mine.column, mean, variance);
}

// parts[2][groups, parts, channels] are the means, distances from the group's first row, and the sums of squares of each part's rows.
template <int width, typename Element>
__device__ __forceinline__ void statistics(const column_tiling& tiling, int groups, const Element* __restrict__ x, float* parts,
    uint32* counters, float* mean, float* variance, const running_statistics& running) {
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

    if (tiling.parts == 1) {
        if (threadIdx.y == 0 && strip.column < tiling.columns) {
            for (int k = 0; k < width; k++) {
                const int64 to = strip.group * tiling.columns + strip.column + k;
                mean[to] = (tiling.rows > 0 ? to_float(x[strip.offset + k]) : 0.0f) + own[k].mean;
                variance[to] = own[k].count == 0.0f ? 0.0f : own[k].squares / own[k].count;
            }
        }
    } else {
        float* const part_squares = parts + static_cast<int64>(groups) * tiling.parts * tiling.columns;
        if (threadIdx.y == 0 && strip.column < tiling.columns) {
            const int64 to = (strip.group * tiling.parts + strip.part) * tiling.columns + strip.column;
            for (int k = 0; k < width; k++) {
                parts[to + k] = own[k].mean;
                part_squares[to + k] = own[k].squares;
            }
        }
        if (!is_last_block(counters + strip.group * tiling.tiles + tile_of(tiling), tiling.parts))
            return;
        join_moments<width>(tiling, strip, x, parts, part_squares, means, squares, counts, mean, variance);
    }
    if (running.mean)
        follow_statistics<width>(tiling, strip, groups, counters + groups * tiling.tiles + tile_of(tiling), mean, variance, running);
}

}  // namespace
