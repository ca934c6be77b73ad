// How the operands of a convolution, written as a matrix product, are gathered from global into shared memory: loaders (operands.cuh) that
// know where a tap's elements lie. The matrices are never written to memory.
//
// Where the channels come in whole steps, all of a step is of one tap, and what there is to divide is divided once a step.
#pragma once

#include "geometry.cuh"
#include "operands.cuh"

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

// Whether a pixel lies in an image of that size.
static __device__ __forceinline__ bool lies_inside(int row, int column, int height, int width) {
    return static_cast<uint32>(row) < static_cast<uint32>(height) && static_cast<uint32>(column) < static_cast<uint32>(width);
}

// Where the window of one line's pixel begins, which may lie outside of the image: the pixel of the first tap, counted through all images,
// its row and column, and which tap rows (bits 0 to 15) and tap columns (16 to 31) lie inside, of the first sixteen of each.
struct __align__(16) window_start {
    int pixel;
    uint32 inside;
    int row, column;

    // A line past the end: every tap of it lies outside.
    static __device__ __forceinline__ window_start outside() { return {0, 0, -(1 << 30), -(1 << 30)}; }
};

constexpr int counted_taps = 16;

// Of a window of rows by columns taps, each `step` from the one before, in images of height by width.
struct window_taps {
    int rows, columns, row_step, column_step;
    int height, width;

    __device__ __forceinline__ window_start start(int64 image, int row, int column) const {
        uint32 inside = 0;
        for (int tap = 0; tap < min(rows, counted_taps); tap++)
            inside |= static_cast<uint32>(row + tap * row_step) < static_cast<uint32>(height) ? 1u << tap : 0u;
        for (int tap = 0; tap < min(columns, counted_taps); tap++)
            inside |= static_cast<uint32>(column + tap * column_step) < static_cast<uint32>(width) ? 1u << counted_taps << tap : 0u;
        return {static_cast<int>((image * height + row) * width + column), inside, row, column};
    }
};

// Lines are pixels, k = (tap row, tap column, channel): image[row + tap row * row_step, column + tap column * column_step,
// channel]. Neighbors in k are channels.
template <typename Layout, typename Element, int depth, int threads>
struct window_loader {
    using layout = Layout;
    const Element* array;
    const window_start* starts;  // In shared memory, one a line.
    window_taps taps;
    fast_divider channels, taps_across;
    int first, end;  // The part of k that this block sums.
    bool vector;

    // From the window's first tap to that of k, and k's channel there.
    struct place_of_tap {
        int row, column, channel;
    };

    // All of a step is of one tap.
    __device__ __forceinline__ bool straight() const {
        return vector && channels.divisor % depth == 0 && max(taps.rows, taps.columns) <= counted_taps;
    }

    template <bool is_straight>
    __device__ __forceinline__ void load(Element* stage, int step) const {
        const int begin = first + step * depth;
        if (is_straight)
            load_tap(stage, tap_of(begin));
        else if (vector) {
            copy_vectors<Layout, true, depth, threads>(stage, [&](int fast, int slow, int further, bool& valid) {
                int64 place;
                valid = find(slow + further, begin + fast, place);
                return array + place;
            });
        } else {
            copy_elements<Layout, true, depth, threads>(array, stage,
                [&](int line, int within, int64& place) { return find(line, begin + within, place); });
        }
    }

    // The lines' starts are read before the first copy begins: a copy into shared memory has to wait for
    // what was read from there.
    __device__ __forceinline__ void load_tap(Element* stage, const place_of_tap& at) const {
        constexpr int across = depth / vector_size<Element>, apart = threads / across;
        static_assert(threads % across == 0 && Layout::lines % apart == 0, "a thread copies one column of chunks");
        uint2 own[Layout::lines / apart];
        const uint2* const from = reinterpret_cast<const uint2*>(starts + static_cast<int>(threadIdx.x) / across);
#pragma unroll
        for (int i = 0; i < Layout::lines / apart; i++)
            own[i] = from[i * apart * 2];

        const uint32 bits = 1u << at.row | 1u << counted_taps << at.column;
        const int moved = at.row * taps.row_step * taps.width + at.column * taps.column_step;
        const Element* const tap = array + static_cast<int64>(moved) * channels.divisor + at.channel;
        const int pixel_bytes = channels.divisor * static_cast<int>(sizeof(Element));
        copy_vectors<Layout, true, depth, threads>(stage, [&](int fast, int, int further, bool& valid) {
            const uint2 start = own[further / apart];
            valid = (start.y & bits) == bits;
            return reinterpret_cast<const char*>(tap + fast) + static_cast<int64>(static_cast<int>(start.x)) * pixel_bytes;
        });
    }

    __device__ __forceinline__ bool find(int line, int k, int64& place) const {
        const place_of_tap at = tap_of(k);
        const window_start start = starts[line];
        const int down = at.row * taps.row_step, along = at.column * taps.column_step;
        place = (static_cast<int64>(start.pixel) + static_cast<int64>(down) * taps.width + along) * channels.divisor + at.channel;
        return k < end && lies_inside(start.row + down, start.column + along, taps.height, taps.width);
    }

    __device__ __forceinline__ place_of_tap tap_of(int k) const {
        const int tap = channels.quotient(k), row = taps_across.quotient(tap);
        return {row, tap - row * taps_across.divisor, k - tap * channels.divisor};
    }
};

// The taps of one phase of an input gradient along one axis (see convolution_phase): first, first + step, ...
struct tap_sequence {
    int first, step;
};

// Lines are input channels, k = (tap row, tap column, output channel) of a phase's taps: weight[output channel, tap, line]. Neighbors are
// lines.
template <typename Layout, typename Element, int depth, int threads>
struct phase_weight_loader {
    using layout = Layout;
    const Element* array;  // At the tile's first input channel.
    int lines_left;
    int input_channels, kernel_height, kernel_width;
    tap_sequence rows, columns;
    fast_divider output_channels, taps_across;
    int first, end;
    bool vector;

    // All of a step is of one tap.
    __device__ __forceinline__ bool straight() const { return vector && output_channels.divisor % depth == 0; }

    template <bool is_straight>
    __device__ __forceinline__ void load(Element* stage, int step) const {
        const int begin = first + step * depth;
        if (is_straight) {
            const Element* const tap = array + place_of(begin);
            const uint32 next = static_cast<uint32>(kernel_height * kernel_width * input_channels) * static_cast<uint32>(sizeof(Element));
            copy_vectors<Layout, false, depth, threads>(stage, [&](int fast, int slow, int further, bool& valid) {
                valid = fast < lines_left;
                return reinterpret_cast<const char*>(tap + fast) + static_cast<uint64>(next) * static_cast<uint32>(slow)
                    + static_cast<uint64>(next) * static_cast<uint32>(further);
            });
        } else if (vector) {
            copy_vectors<Layout, false, depth, threads>(stage, [&](int fast, int slow, int further, bool& valid) {
                const int k = begin + slow + further;
                valid = fast < lines_left && k < end;
                return array + (valid ? place_of(k) : 0) + fast;
            });
        } else {
            copy_elements<Layout, false, depth, threads>(array, stage, [&](int line, int within, int64& place) {
                const int k = begin + within;
                place = place_of(k) + line;
                return line < lines_left && k < end;
            });
        }
    }

    // The place of line 0.
    __device__ __forceinline__ int64 place_of(int k) const {
        const int tap = output_channels.quotient(k), tap_row = taps_across.quotient(tap), tap_column = tap - tap_row * taps_across.divisor;
        const int64 o = k - tap * output_channels.divisor;
        const int kh = rows.first + tap_row * rows.step, kw = columns.first + tap_column * columns.step;
        return ((o * kernel_height + kh) * kernel_width + kw) * input_channels;
    }
};

// Lines are (tap row, tap column, input channel), k is an output pixel: what the window of that pixel holds there. Neighbors are input
// channels.
template <typename Layout, typename Element, int depth, int threads>
struct pixel_loader {
    using layout = Layout;
    const Element* array;
    int height, width;
    int row_stride, column_stride, row_padding, column_padding, row_dilation, column_dilation;
    fast_divider channels, taps_across, output_width, output_height;
    int first_line, lines;  // The tile's first line, and the number of lines of the whole matrix.
    int first, end;
    bool vector;

    __device__ __forceinline__ bool straight() const { return vector; }

    template <bool is_straight>
    __device__ __forceinline__ void load(Element* stage, int step) const {
        const int begin = first + step * depth;
        if (is_straight || vector) {
            // A thread's lines lie together, and all its copies are of one tap.
            const int pixel_bytes = channels.divisor * static_cast<int>(sizeof(Element));
            copy_vectors<Layout, false, depth, threads>(stage, [&](int fast, int slow, int further, bool& valid) {
                const place_of_tap tap = tap_of(first_line + fast);
                const int k = begin + slow + further;
                int pixel;
                valid = find_pixel(tap, k, pixel) && first_line + fast < lines && k < end;
                return reinterpret_cast<const char*>(array + tap.channel) + static_cast<int64>(pixel) * pixel_bytes;
            });
        } else {
            copy_elements<Layout, false, depth, threads>(array, stage,
                [&](int line, int within, int64& place) { return find(line, begin + within, place); });
        }
    }

    __device__ __forceinline__ bool find(int line_of_tile, int k, int64& place) const {
        const int line = first_line + line_of_tile;
        const place_of_tap tap = tap_of(line);
        int pixel;
        const bool inside = find_pixel(tap, k, pixel);
        place = static_cast<int64>(pixel) * channels.divisor + tap.channel;
        return inside && line < lines && k < end;
    }

    // From an output pixel's place, times the strides, to the tap; and the line's channel.
    struct place_of_tap {
        int down, along, channel;
    };

    __device__ __forceinline__ place_of_tap tap_of(int line) const {
        const int tap = channels.quotient(line), row = taps_across.quotient(tap), column = tap - row * taps_across.divisor;
        return {row * row_dilation - row_padding, column * column_dilation - column_padding, line - tap * channels.divisor};
    }

    // The input's pixel, counted through all images, on which a tap of output pixel k lies; false where that is outside.
    __device__ __forceinline__ bool find_pixel(const place_of_tap& tap, int k, int& pixel) const {
        const int pixel_row = output_width.quotient(k), image = output_height.quotient(pixel_row);
        const int row = (pixel_row - image * output_height.divisor) * row_stride + tap.down;
        const int column = (k - pixel_row * output_width.divisor) * column_stride + tap.along;
        pixel = (image * height + row) * width + column;
        return lies_inside(row, column, height, width);
    }
};
