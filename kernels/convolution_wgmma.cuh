// The three convolutions on arrays of bfloat16 as products by warpgroups (implicit GEMM): what convolution_wgmma.cu makes kernels of. Rows,
// columns and the depth as in convolution_product.cuh; the product: wgmma.cuh.
//
// Pixels are counted in 32 bits. A step of the depth is one tap and 64 channels, or 64 output pixels, so nothing is divided within it. Of
// the two operands
//   - the one that lies in memory as a matrix (the weights; of the weight gradient dy) comes by TMA, one thread's work;
//   - the one of windows is gathered by the producers, 16 bytes (eight channels of a pixel) at a time. What lies outside the image, or
//     beyond the last channel, becomes zeros.
// Both come to the same barrier of a stage: each gathering thread's copies, and the bytes of TMA.
#pragma once

#include "convolution_product.cuh"
#include "wgmma.cuh"

#if HAS_WGMMA

// Channels of a vector of 16 bytes, and vectors of a row of a stage.
constexpr int gather_vector = 8, gather_parts = 8;

// The steps of a block: `first` to `first + steps` of all, one tap and 64 channels after the other.
struct wgmma_steps {
    int blocks;  // Of 64 channels.
    int first, steps;

    __device__ __forceinline__ wgmma_steps(int slice, int slice_steps, int taps, int channels)
        : blocks((channels + wgmma_depth - 1) / wgmma_depth), first(slice * slice_steps),
          steps(max(0, min(slice_steps, taps * blocks - first))) {}
};

// A step as a tap of a window of `across` taps a row, and the first of its channels; next() goes on to the following step.
struct wgmma_tap {
    int blocks, across;
    int row, column, block;

    __device__ __forceinline__ wgmma_tap(int step, int blocks_, int across_) : blocks(blocks_), across(across_) {
        const int tap = step / blocks;
        block = step - tap * blocks;
        row = tap / across;
        column = tap - row * across;
    }

    __device__ __forceinline__ int channel() const { return block * wgmma_depth; }

    __device__ __forceinline__ void next() {
        if (++block < blocks)
            return;
        block = 0;
        if (++column < across)
            return;
        column = 0;
        row++;
    }
};

// A gathering thread's place in a row of a stage: in the rows line, line + gather_rows and so on, an eighth of the threads apart. That is a
// multiple of eight, so that the swizzle is the same in each.
struct gather_place {
    int part, line;

    __device__ __forceinline__ explicit gather_place(int thread) : part(thread % gather_parts), line(thread / gather_parts) {}

    __device__ __forceinline__ int channel() const { return part * gather_vector; }

    __device__ __forceinline__ unsigned char* in(unsigned char* stage) const {
        return stage + line * wgmma_row_bytes + ((part ^ line % 8) << 4);
    }
};

// Where a line's window begins: the pixel of its first tap, counted through all images, and its row and column, which may lie outside.
struct wgmma_window {
    int pixel, row, column;

    __device__ __forceinline__ wgmma_window(int image, int row_, int column_, int height, int width)
        : pixel((image * height + row_) * width + column_), row(row_), column(column_) {}

    // A line past the end: every tap of it lies outside.
    static __device__ __forceinline__ wgmma_window outside() { return {0, -(1 << 30), -(1 << 30), 0, 0}; }
};

// A thread's share of the rows of A that are windows of an image.
template <int lines, int threads>
struct gathered_windows {
    static constexpr int gather_rows = threads / gather_parts, count = lines / gather_rows;
    static_assert(gather_rows % 8 == 0 && lines % gather_rows == 0, "every thread must copy as much, at the same places of the swizzle");
    const bfloat16* array;
    int height, width, channels;
    gather_place place;
    int pixels[count], rows[count], columns[count];

    // start(line) is a line's window.
    template <typename Start>
    __device__ __forceinline__ gathered_windows(const bfloat16* array_, int height_, int width_, int channels_, int thread, Start start)
        : array(array_), height(height_), width(width_), channels(channels_), place(thread) {
#pragma unroll
        for (int i = 0; i < count; i++) {
            const wgmma_window window = start(place.line + i * gather_rows);
            pixels[i] = window.pixel;
            rows[i] = window.row;
            columns[i] = window.column;
        }
    }

    // Starts copying the 64 channels from `channel` on of what lies `down` and `along` from each window's beginning.
    __device__ __forceinline__ void copy(unsigned char* stage, int down, int along, int channel) const {
        const shared_address to = address_of(place.in(stage));
        const int further = down * width + along, first = channel + place.channel();
#pragma unroll
        for (int i = 0; i < count; i++) {
            const bool valid = first < channels && lies_inside(rows[i] + down, columns[i] + along, height, width);
            const bfloat16* const from = array + static_cast<int64>(pixels[i] + further) * channels + first;
            cp_async_16(to + i * gather_rows * wgmma_row_bytes, valid ? from : array, valid);
        }
    }
};

// Room in shared memory for the statistics of a tile's columns, and their end: every thread of the block comes here.
template <typename Tile>
using wgmma_statistics = statistics_block<Tile::columns, Tile::consumers>;

template <typename Tile>
constexpr int wgmma_statistics_floats = Tile::columns > 128 ? 2 * Tile::pieces * Tile::columns : wgmma_statistics<Tile>::shared_floats;

template <typename Tile>
static __device__ __forceinline__ void finish_statistics(const result_statistics& statistics, int phase, int phases, float* room) {
    __syncthreads();
    wgmma_statistics<Tile>::finish(statistics, statistics_part(statistics, phase, phases), room, Tile::pieces, Tile::rows_of_piece);
}

// `weights` is the map of weight[output channel, tap, input channel] with boxes of 64 channels, one tap and Tile::columns output channels.
template <typename Tile>
static __device__ __forceinline__ void convolution_wgmma_value(const convolution_geometry& g, const bfloat16* input,
    const tensor_map& weights, void* output, int slice_steps, bool is_bfloat16, const result_statistics& statistics) {
    SHARED(float, room, wgmma_statistics_floats<Tile>);
    WGMMA_RING(Tile, ring, Tile::producers + 1);
    const int first_row = blockIdx.x * Tile::rows, pixels = g.batch * g.output_height * g.output_width;
    const int first_column = blockIdx.y * Tile::columns;
    const wgmma_steps mine(blockIdx.z, slice_steps, g.kernel_height * g.kernel_width, g.input_channels);
    if (Tile::is_producer()) {
        const gathered_windows<Tile::rows, Tile::producers> windows(input, g.input_height, g.input_width, g.input_channels,
            Tile::producer(), [&](int line) {
                const int pixel = first_row + line;
                if (pixel >= pixels)
                    return wgmma_window::outside();
                const int row = pixel / g.output_width % g.output_height * g.stride_height - g.padding_height,
                    column = pixel % g.output_width * g.stride_width - g.padding_width;
                return wgmma_window(pixel / g.output_width / g.output_height, row, column, g.input_height, g.input_width);
            });
        wgmma_tap tap(mine.first, mine.blocks, g.kernel_width);
        Tile::produce(ring, mine.steps, [&](int, unsigned char* a, unsigned char* b, uint64* full) {
            if (Tile::producer() == 0) {
                mbarrier_arrive_expecting(full, Tile::columns * wgmma_row_bytes);
                tma_load(b, &weights, tap.channel(), tap.row * g.kernel_width + tap.column, first_column, full);
            }
            windows.copy(a, tap.row * g.dilation_height, tap.column * g.dilation_width, tap.channel());
            mbarrier_arrive_after_copies(full);
            tap.next();
        });
    } else {
        typename Tile::sums sums;
        Tile::template consume<false, false, true>(ring, mine.steps, sums);
        const int64 corner = (static_cast<int64>(blockIdx.z) * pixels + first_row) * g.output_channels + first_column;
        Tile::for_each(sums, [&](int row, int column, float4 values) {
            if (first_row + row < pixels && first_column + column < g.output_channels)
                store_four(output, is_bfloat16, corner + static_cast<int64>(row) * g.output_channels + column, values);
        });
        if (statistics.parts != nullptr)
            Tile::leave_moments(sums, is_bfloat16, room);
    }
    if (statistics.parts != nullptr)
        finish_statistics<Tile>(statistics, 0, 1, room);
}

// `weights` is the same map with boxes of 64 input channels, one tap and 64 output channels. Phases: see convolution_phase.
template <typename Tile>
static __device__ __forceinline__ void convolution_wgmma_input_gradient(const convolution_geometry& g, const bfloat16* output_gradient,
    const tensor_map& weights, void* input_gradient, int slice_steps, bool is_bfloat16, const result_statistics& statistics) {
    const int phases = g.stride_height * g.stride_width, phase = blockIdx.z % phases, slice = blockIdx.z / phases;
    const convolution_phase vertical(phase / g.stride_width, g.input_height, g.kernel_height, g.stride_height, g.padding_height,
        g.dilation_height);
    const convolution_phase horizontal(phase % g.stride_width, g.input_width, g.kernel_width, g.stride_width, g.padding_width,
        g.dilation_width);
    const int first_row = blockIdx.x * Tile::rows, pixels = g.batch * vertical.pixels * horizontal.pixels;
    if (first_row >= pixels)
        return;  // The grid has blocks for the largest phase.
    SHARED(float, room, wgmma_statistics_floats<Tile>);
    WGMMA_RING(Tile, ring, Tile::producers + 1);
    const int first_column = blockIdx.y * Tile::columns;
    const wgmma_steps mine(slice, slice_steps, vertical.count * horizontal.count, g.output_channels);
    if (Tile::is_producer()) {
        const gathered_windows<Tile::rows, Tile::producers> windows(output_gradient, g.output_height, g.output_width, g.output_channels,
            Tile::producer(), [&](int line) {
                const int pixel = first_row + line;
                if (pixel >= pixels)
                    return wgmma_window::outside();
                const int row = pixel / horizontal.pixels % vertical.pixels + vertical.start,
                    column = pixel % horizontal.pixels + horizontal.start;
                return wgmma_window(pixel / horizontal.pixels / vertical.pixels, row, column, g.output_height, g.output_width);
            });
        wgmma_tap tap(mine.first, mine.blocks, max(horizontal.count, 1));
        Tile::produce(ring, mine.steps, [&](int, unsigned char* a, unsigned char* b, uint64* full) {
            if (Tile::producer() == 0) {
                const int kernel_row = vertical.taps.first + tap.row * vertical.taps.step,
                    kernel_column = horizontal.taps.first + tap.column * horizontal.taps.step;
                mbarrier_arrive_expecting(full, Tile::columns * wgmma_row_bytes);
                wgmma_load<Tile::columns, true>(b, &weights, first_column, kernel_row * g.kernel_width + kernel_column, tap.channel(),
                    full);
            }
            windows.copy(a, tap.row * vertical.move, tap.column * horizontal.move, tap.channel());
            mbarrier_arrive_after_copies(full);
            tap.next();
        });
    } else {
        typename Tile::sums sums;
        Tile::template consume<false, true, true>(ring, mine.steps, sums);
        const int64 first_image = static_cast<int64>(slice) * g.batch;
        Tile::for_each(sums, [&](int row, int column, float4 values) {
            const int pixel = first_row + row;
            if (pixel >= pixels || first_column + column >= g.input_channels)
                return;
            const int64 image = first_image + pixel / horizontal.pixels / vertical.pixels;
            const int y = vertical.first + pixel / horizontal.pixels % vertical.pixels * g.stride_height,
                x = horizontal.first + pixel % horizontal.pixels * g.stride_width;
            const int64 place = ((image * g.input_height + y) * g.input_width + x) * g.input_channels + first_column + column;
            store_four(input_gradient, is_bfloat16, place, values);
        });
        if (statistics.parts != nullptr)
            Tile::leave_moments(sums, is_bfloat16, room);
    }
    if (statistics.parts != nullptr)
        finish_statistics<Tile>(statistics, phase, phases, room);
}

// Columns go in pieces of 64 channels of one tap, so a tile has Tile::columns / 64 of them. `output_gradients` is the map of
// dy[1, output pixel, output channel] with boxes of 64 channels and 64 pixels.
template <typename Tile>
static __device__ __forceinline__ void convolution_wgmma_weight_gradient(const convolution_geometry& g, const bfloat16* input,
    const tensor_map& output_gradients, void* weight_gradient, int slice_steps, bool is_bfloat16, const result_statistics&) {
    WGMMA_RING(Tile, ring, Tile::producers + 1);
    constexpr int pieces = Tile::columns / 64, gather_rows = Tile::producers / gather_parts;
    const int pixels = g.batch * g.output_height * g.output_width, taps = g.kernel_height * g.kernel_width,
        blocks = (g.input_channels + 63) / 64;
    const int first_row = blockIdx.x * Tile::rows, first_piece = blockIdx.y * pieces;
    const wgmma_steps mine(blockIdx.z, slice_steps, 1, pixels);
    if (Tile::is_producer()) {
        const gather_place place(Tile::producer());
        const fast_divider width(g.output_width), height(g.output_height);
        int down[pieces], along[pieces], channel[pieces];
#pragma unroll
        for (int piece = 0; piece < pieces; piece++) {
            const wgmma_tap tap(first_piece + piece, blocks, g.kernel_width);
            down[piece] = tap.row * g.dilation_height - g.padding_height;
            along[piece] = tap.column * g.dilation_width - g.padding_width;
            channel[piece] = tap.channel() + place.channel();
            if (first_piece + piece >= taps * blocks)
                channel[piece] = g.input_channels;  // Nothing of it lies inside.
        }
        Tile::produce(ring, mine.steps, [&](int step, unsigned char* a, unsigned char* b, uint64* full) {
            const int first_pixel = (mine.first + step) * wgmma_depth;
            if (Tile::producer() == 0) {
                mbarrier_arrive_expecting(full, Tile::rows * wgmma_row_bytes);
                wgmma_load<Tile::rows, true>(a, &output_gradients, first_row, first_pixel, 0, full);
            }
            const shared_address to = address_of(place.in(b));
#pragma unroll
            for (int i = 0; i < wgmma_depth / gather_rows; i++) {
                const int pixel = first_pixel + place.line + i * gather_rows;
                const int pixel_row = width.quotient(pixel), x = pixel - pixel_row * g.output_width;
                const int image = height.quotient(pixel_row), y = pixel_row - image * g.output_height;
#pragma unroll
                for (int piece = 0; piece < pieces; piece++) {
                    const int row = y * g.stride_height + down[piece], column = x * g.stride_width + along[piece];
                    const bool valid = pixel < pixels && channel[piece] < g.input_channels
                        && lies_inside(row, column, g.input_height, g.input_width);
                    const int64 offset = ((static_cast<int64>(image) * g.input_height + row) * g.input_width + column) * g.input_channels
                        + channel[piece];
                    cp_async_16(to + piece * wgmma_piece_bytes + i * gather_rows * wgmma_row_bytes, valid ? input + offset : input, valid);
                }
            }
            mbarrier_arrive_after_copies(full);
        });
        return;
    }
    typename Tile::sums sums;
    Tile::template consume<true, true, true>(ring, mine.steps, sums);
    const int64 inner = static_cast<int64>(taps) * g.input_channels;
    const int64 corner = (static_cast<int64>(blockIdx.z) * g.output_channels + first_row) * inner;
    Tile::for_each(sums, [&](int row, int column, float4 values) {
        const int piece = first_piece + column / 64, tap = piece / blocks, channel = (piece - tap * blocks) * 64 + column % 64;
        if (first_row + row < g.output_channels && tap < taps && channel < g.input_channels)
            store_four(weight_gradient, is_bfloat16, corner + row * inner + static_cast<int64>(tap) * g.input_channels + channel, values);
    });
}

#endif
