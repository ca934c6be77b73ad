// How the operands of a convolution, written as a matrix product, are gathered from global into shared memory: the loaders of
// tensor_core.cuh's and convolution_tile.cuh's products.
//
// The matrices are never written to memory. A loader knows for each element (line, k) of a tile where it lies in the arrays, and starts an
// asynchronous copy of it: four neighbors at once (16 bytes) where `vector` says that they lie together and aligned, else one at a time.
// Places outside the image are zeros, for which nothing is read.
#pragma once

#include "geometry.cuh"
#include "ptx.cuh"

// n / divisor for 0 <= n < 2^31 by a multiplication (Granlund and Montgomery 1994, figure 4.1).
struct fast_divider {
    uint32 multiplier;
    int shift, divisor;

    explicit __device__ __forceinline__ fast_divider(int divisor_) : shift(0), divisor(divisor_) {
        while ((uint64{1} << shift) < static_cast<uint64>(divisor))
            shift++;
        multiplier = static_cast<uint32>((((uint64{1} << shift) - divisor) << 32) / divisor + 1);
    }

    __device__ __forceinline__ int quotient(int n) const {
        return static_cast<int>((__umulhi(static_cast<uint32>(n), multiplier) + static_cast<uint32>(n)) >> shift);
    }
};

// Copies one float, or four.
template <int size>
static __device__ __forceinline__ void copy_floats(float* shared, const float* global, bool valid) {
    if (size == 4)
        cp_async_16(shared, global, valid);
    else
        cp_async_4(shared, global, valid);
}

// Whether a pixel lies in an image of that size.
static __device__ __forceinline__ bool lies_inside(int row, int column, int height, int width) {
    return static_cast<uint32>(row) < static_cast<uint32>(height) && static_cast<uint32>(column) < static_cast<uint32>(width);
}

// What the loaders share. A loader has an operand's array; `first` and `end`, the part of k that its block sums; `find`, which says where
// the element (line, k) lies in the array, or that it lies outside; and whether neighbors in the array are neighbors along the depth.
// Of a step, the block's threads copy neighbors side by side, `size` of them a thread.
template <int size, int depth, int threads, typename Loader>
static __device__ __forceinline__ void copy_step(const Loader& loader, float* stage, int first_k) {
    using layout = typename Loader::layout;
    constexpr int across = (Loader::along_depth ? depth : layout::lines) / size, items = layout::lines * depth / size;
#pragma unroll(size == 4 ? items : 1)
    for (int base = 0; base < items; base += threads) {
        const int item = base + threadIdx.x;
        if (items % threads != 0 && item >= items)
            break;
        const int fast = item % across * size, slow = item / across;
        const int line = Loader::along_depth ? slow : fast, within = Loader::along_depth ? fast : slow, k = first_k + within;
        int64 place;
        const bool inside = loader.find(line, k, place), valid = k < loader.end && inside;
        copy_floats<size>(stage + layout::at(line, within), loader.array + (valid ? place : 0), valid);
    }
}

template <int depth, int threads, typename Loader>
static __device__ __forceinline__ void load_step(const Loader& loader, float* stage, int step) {
    if (loader.vector)
        copy_step<4, depth, threads>(loader, stage, loader.first + step * depth);
    else
        copy_step<1, depth, threads>(loader, stage, loader.first + step * depth);
}

// Where the window of one line's pixel begins: the image's row and column of the first tap, which may lie outside, and its element offset.
struct __align__(16) window_start {
    int64 offset;
    int row, column;

    // A line past the end: every tap of it lies outside.
    static __device__ __forceinline__ window_start outside() { return {0, -(1 << 30), -(1 << 30)}; }
};

// Lines are pixels, k = (tap row, tap column, channel): image[row + tap row * row_step, column + tap column * column_step, channel]. Four
// neighbors in k are channels.
template <typename Layout, int depth, int threads>
struct window_loader {
    using layout = Layout;
    static constexpr bool along_depth = true;
    const float* array;
    const window_start* starts;  // In shared memory, one a line.
    int height, width;
    int row_step, column_step;
    fast_divider channels, taps_across;
    int first, end;  // The part of k that this block sums.
    bool vector;

    __device__ __forceinline__ void load(float* stage, int step) const { load_step<depth, threads>(*this, stage, step); }

    __device__ __forceinline__ bool find(int line, int k, int64& place) const {
        const int tap = channels.quotient(k), tap_row = taps_across.quotient(tap), tap_column = tap - tap_row * taps_across.divisor;
        const int down = tap_row * row_step, along = tap_column * column_step;
        const window_start start = starts[line];
        place = start.offset + (static_cast<int64>(down) * width + along) * channels.divisor + (k - tap * channels.divisor);
        return lies_inside(start.row + down, start.column + along, height, width);
    }
};

// Lines and k of a matrix whose neighbors in memory are neighbors in k: matrix[line * leading + k].
template <typename Layout, int depth, int threads>
struct depth_matrix_loader {
    using layout = Layout;
    static constexpr bool along_depth = true;
    const float* array;  // At the tile's first line.
    int lines_left;      // Lines from there to the matrix's end.
    int leading;
    int first, end;
    bool vector;

    __device__ __forceinline__ void load(float* stage, int step) const { load_step<depth, threads>(*this, stage, step); }

    __device__ __forceinline__ bool find(int line, int k, int64& place) const {
        place = static_cast<int64>(line) * leading + k;
        return line < lines_left;
    }
};

// Lines and k of a matrix whose neighbors in memory are neighboring lines: matrix[k * leading + line].
template <typename Layout, int depth, int threads>
struct line_matrix_loader {
    using layout = Layout;
    static constexpr bool along_depth = false;
    const float* array;  // At the tile's first line.
    int lines_left;
    int leading;
    int first, end;
    bool vector;

    __device__ __forceinline__ void load(float* stage, int step) const { load_step<depth, threads>(*this, stage, step); }

    __device__ __forceinline__ bool find(int line, int k, int64& place) const {
        place = static_cast<int64>(k) * leading + line;
        return line < lines_left;
    }
};

// The taps of one phase of an input gradient along one axis (see convolution_phase): first, first + step, ...
struct tap_sequence {
    int first, step;
};

// Lines are input channels, k = (tap row, tap column, output channel) of a phase's taps: weight[output channel, tap, line]. Four neighbors
// are lines.
template <typename Layout, int depth, int threads>
struct phase_weight_loader {
    using layout = Layout;
    static constexpr bool along_depth = false;
    const float* array;  // At the tile's first input channel.
    int lines_left;
    int input_channels, kernel_height, kernel_width;
    tap_sequence rows, columns;
    fast_divider output_channels, taps_across;
    int first, end;
    bool vector;

    __device__ __forceinline__ void load(float* stage, int step) const { load_step<depth, threads>(*this, stage, step); }

    __device__ __forceinline__ bool find(int line, int k, int64& place) const {
        const int tap = output_channels.quotient(k), tap_row = taps_across.quotient(tap), tap_column = tap - tap_row * taps_across.divisor;
        const int64 o = k - tap * output_channels.divisor;
        const int kh = rows.first + tap_row * rows.step, kw = columns.first + tap_column * columns.step;
        place = ((o * kernel_height + kh) * kernel_width + kw) * input_channels + line;
        return line < lines_left;
    }
};

// Lines are (tap row, tap column, input channel), k is an output pixel: what the window of that pixel holds there. Four neighbors are input
// channels.
template <typename Layout, int depth, int threads>
struct pixel_loader {
    using layout = Layout;
    static constexpr bool along_depth = false;
    const float* array;
    int height, width;
    int row_stride, column_stride, row_padding, column_padding, row_dilation, column_dilation;
    fast_divider channels, taps_across, output_width, output_height;
    int first_line, lines;  // The tile's first line, and the number of lines of the whole matrix.
    int first, end;
    bool vector;

    __device__ __forceinline__ void load(float* stage, int step) const { load_step<depth, threads>(*this, stage, step); }

    __device__ __forceinline__ bool find(int line_of_tile, int k, int64& place) const {
        const int line = first_line + line_of_tile;
        const int tap = channels.quotient(line), tap_row = taps_across.quotient(tap), tap_column = tap - tap_row * taps_across.divisor;
        const int channel = line - tap * channels.divisor;
        const int pixel_row = output_width.quotient(k), x = k - pixel_row * output_width.divisor;
        const int image = output_height.quotient(pixel_row), y = pixel_row - image * output_height.divisor;
        const int row = y * row_stride - row_padding + tap_row * row_dilation,
            column = x * column_stride - column_padding + tap_column * column_dilation;
        place = ((static_cast<int64>(image) * height + row) * width + column) * channels.divisor + channel;
        return line < lines && lies_inside(row, column, height, width);
    }
};
