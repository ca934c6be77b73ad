// Statistics of a product's results for the batch normalization behind it, by the blocks that make the results: these are not read again.
//
// Rows of the results come in groups, each with statistics of its own, and a group's rows in tiles of which every one is whole. The block
// of a tile leaves the moments of its columns; the last block of a group's tiles joins them, and that of all groups moves the running
// statistics. Where a group has many tiles, runs of neighbors are joined first, so that no block has long to read. Everything is joined in
// the order of the tiles, never in that of their coming.
#pragma once

#include "last_block.cuh"
#include "moments.cuh"
#include "running_statistics.cuh"

// What is asked: ResultStatistics in Cuda/ConvolutionStatistics.cs. Nothing where parts is null.
struct result_statistics {
    // Means and then squares [groups * tiles, columns] of the tiles; behind them, where runs are joined first, the same of runs.
    float* parts;

    // Zero before and after: for each tile of columns one of each run, one of each group, and one.
    uint32* counters;

    // [groups, columns]
    float *mean, *variance;
    running_statistics running;

    // Columns are a multiple of 4. Tiles of a group, and how many of them are a run: it divides them, and is 1 where there are no runs.
    int columns, groups, tiles, run;
};

// Which of the parts a block has.
struct statistics_part {
    int group, tile;

    // The rows of each group are cut alike in each of `phases`, of which blockIdx.x counts the tiles.
    __device__ __forceinline__ statistics_part(const result_statistics& asked, int phase, int phases) {
        const int of_phase = asked.tiles / phases, x = static_cast<int>(blockIdx.x);
        group = x / of_phase;
        tile = x % of_phase * phases + phase;
    }
};

// A block that says statistics of a tile with `columns` columns. Its first `threads` threads see four columns each; those with the same
// ones are so many pieces, each of which has every so manieth row or part.
template <int columns_, int threads_>
struct statistics_block {
    static constexpr int columns = columns_, threads = threads_, across = columns / 4, pieces = threads / across;
    static constexpr int shared_floats = 2 * pieces * columns;
    static_assert(threads % across == 0 && threads >= columns, "every thread has its columns, every column its thread");

    // Of one of `count` pieces, four columns: in shared memory.
    static __device__ __forceinline__ void leave(float* shared, int count, int piece, int column, const moments (&four)[4]) {
#pragma unroll
        for (int k = 0; k < 4; k++) {
            shared[piece * columns + column + k] = four[k].mean;
            shared[(count + piece) * columns + column + k] = four[k].squares;
        }
    }

    // The moments of the thread's column (threadIdx.x < columns) from those of `count` pieces, of which piece i has rows(i) rows.
    template <typename Rows>
    static __device__ __forceinline__ moments joined(const float* shared, int count, const Rows& rows) {
        const float *means = shared + threadIdx.x, *squares = means + count * columns;
        const float origin = means[0];
        float all = 0.0f, sum = 0.0f, square = 0.0f;
        for (int piece = 0; piece < count; piece++) {
            all += rows(piece);
            sum = fmaf(rows(piece), means[piece * columns] - origin, sum);
        }
        const float average = sum / all;
        for (int piece = 0; piece < count; piece++) {
            const float distance = means[piece * columns] - origin - average;
            square = fmaf(rows(piece) * distance, distance, square + squares[piece * columns]);
        }
        return {all, origin + average, square};
    }

    // The moments of the thread's column from `count` parts of so many rows each, from `means` and `squares` on.
    static __device__ __forceinline__ moments join_parts(const float* means, const float* squares, int count, float rows, int first_column,
        int all_columns, float* shared) {
        const int thread = static_cast<int>(threadIdx.x), piece = thread / across, column = thread % across * 4;
        const int filled = count < pieces ? count : pieces;
        if (thread < threads && piece < count && first_column + column < all_columns) {
            distances of_means[4];
            float inner[4];
#pragma unroll
            for (int k = 0; k < 4; k++) {
                of_means[k].clear();
                inner[k] = 0.0f;
            }
            const int64 from = first_column + column;
#pragma unroll 4
            for (int part = piece; part < count; part += pieces) {
                const float4 mean = load_four(means + from + static_cast<int64>(part) * all_columns),
                    square = load_four(squares + from + static_cast<int64>(part) * all_columns);
                const float each[4] = {mean.x, mean.y, mean.z, mean.w}, each_square[4] = {square.x, square.y, square.z, square.w};
#pragma unroll
                for (int k = 0; k < 4; k++) {
                    of_means[k].take(each[k], part == piece);
                    inner[k] += each_square[k];
                }
            }
            moments four[4];
#pragma unroll
            for (int k = 0; k < 4; k++) {
                four[k] = of_means[k].of(static_cast<float>((count - piece + pieces - 1) / pieces));
                four[k].squares = fmaf(rows, four[k].squares, inner[k]);
            }
            leave(shared, filled, piece, column, four);
        }
        __syncthreads();
        if (thread >= columns || first_column + thread >= all_columns)
            return {0.0f, 0.0f, 0.0f};
        return joined(shared, filled,
            [&](int of) { return rows * static_cast<float>((count - of + pieces - 1) / pieces); });
    }

    // Ends the kernel: `shared` holds what each of `count` pieces of rows_of_piece rows has left, and has room for shared_floats; every
    // thread of the block calls it behind a barrier. blockIdx.y counts the tiles of columns.
    static __device__ __forceinline__ void finish(const result_statistics& asked, const statistics_part& part, float* shared, int count,
        float rows_of_piece) {
        const int thread = static_cast<int>(threadIdx.x), first_column = static_cast<int>(blockIdx.y) * columns, all = asked.columns;
        const int strips = static_cast<int>(gridDim.y), strip = static_cast<int>(blockIdx.y), runs = asked.tiles / asked.run;
        const bool mine = thread < columns && first_column + thread < all;
        const int64 column = first_column + thread;
        float rows = rows_of_piece * static_cast<float>(count);
        float *means = asked.parts, *squares = means + static_cast<int64>(asked.groups) * asked.tiles * all;
        const auto leave_part = [&](int64 at, const moments& own) {
            if (mine) {
                means[at * all + column] = own.mean;
                squares[at * all + column] = own.squares;
            }
        };
        if (mine)
            leave_part(static_cast<int64>(part.group) * asked.tiles + part.tile, joined(shared, count, [=](int) { return rows_of_piece; }));

        uint32* counters = asked.counters;
        if (asked.run > 1) {
            const int run = part.group * runs + part.tile / asked.run;
            if (!is_last_block(counters + run * strips + strip, asked.run))
                return;
            counters += asked.groups * runs * strips;
            const int64 from = static_cast<int64>(run) * asked.run * all;
            const moments own = join_parts(means + from, squares + from, asked.run, rows, first_column, all, shared);
            means = squares + static_cast<int64>(asked.groups) * asked.tiles * all;
            squares = means + static_cast<int64>(asked.groups) * runs * all;
            leave_part(run, own);
            rows *= static_cast<float>(asked.run);
        }
        if (!is_last_block(counters + part.group * strips + strip, runs))
            return;
        const int64 from = static_cast<int64>(part.group) * runs * all;
        const moments own = join_parts(means + from, squares + from, runs, rows, first_column, all, shared);
        if (mine) {
            asked.mean[part.group * all + column] = own.mean;
            asked.variance[part.group * all + column] = own.squares / own.count;
        }
        if (!asked.running.mean)
            return;
        if (asked.groups > 1 && !is_last_block(counters + asked.groups * strips + strip, asked.groups))
            return;
        if (mine)
            move_running_statistics(asked.running, asked.groups, all, static_cast<int>(column), asked.mean, asked.variance);
    }
};
