// The three convolutions as matrix products (implicit GEMM), for any tile: convolution_tile.cuh's in float32, tf32_tile.cuh's in TF32,
// bfloat16_tile.cuh's for arrays of bfloat16. Any geometry, empty batches too.
//
//            value                  input gradient                 weight gradient
// rows m     output pixels          a phase's pixels               output channels
// columns n  output channels        input channels                 tap, input channel
// summed k   tap, input channel     a phase's tap, output channel  output pixels
// A          windows of the input   windows of dy                  dy, k across it
// B          weights as they lie    weights, k across them         windows of the input, k across them
//
// Contract of every kernel made from these: launch ceil(m / tile rows) by ceil(n / tile columns) by slices (times phases) blocks of
// Tile::threads threads with Tile::shared_bytes of dynamic shared memory. k is cut into `slices` of `slice_steps` steps; slice s writes its
// sums to result + s * (elements of the result), in full. `vectors` says which of the arrays may be read 16 bytes and written four elements
// at a time: their addresses are multiples of as much, and so are the channels that lie together (vector_a, vector_b, vector_result); and
// whether the result of operands of bfloat16 is bfloat16, too (narrow_result).
#pragma once

#include "convolution_operands.cuh"

constexpr int vector_a = 1, vector_b = 2, vector_result = 4, narrow_result = 8;

// What the block's threads need of k: where its slice ends, and how many steps it has.
struct convolution_slice {
    int first, end, steps;

    __device__ __forceinline__ convolution_slice(int slice, int slice_steps, int depth, int k) {
        const int64 start = static_cast<int64>(slice) * slice_steps * depth, stop = start + static_cast<int64>(slice_steps) * depth;
        first = static_cast<int>(start < k ? start : k);
        end = static_cast<int>(stop < k ? stop : k);
        steps = (end - first + depth - 1) / depth;
    }
};

template <typename Tile>
static __device__ __forceinline__ void convolution_value(
    const convolution_geometry& g, const typename Tile::element* input, const typename Tile::element* weight,
    const product_result<typename Tile::element>& output, int slice_steps, int vectors, typename Tile::element* shared) {
    SHARED(window_start, starts, Tile::rows);
    const int64 first_row = static_cast<int64>(blockIdx.x) * Tile::rows,
        pixels = static_cast<int64>(g.batch) * g.output_height * g.output_width;
    const int first_column = blockIdx.y * Tile::columns, k = g.kernel_height * g.kernel_width * g.input_channels;
    const window_taps taps = {g.kernel_height, g.kernel_width, g.dilation_height, g.dilation_width, g.input_height, g.input_width};
    for (int line = threadIdx.x; line < Tile::rows; line += Tile::threads) {
        const int64 pixel = first_row + line;
        starts[line] = window_start::outside();
        if (pixel < pixels) {
            const int row = static_cast<int>(pixel / g.output_width % g.output_height) * g.stride_height - g.padding_height;
            const int column = static_cast<int>(pixel % g.output_width) * g.stride_width - g.padding_width;
            starts[line] = taps.start(pixel / g.output_width / g.output_height, row, column);
        }
    }
    __syncthreads();

    const convolution_slice slice(blockIdx.z, slice_steps, Tile::depth, k);
    using element = typename Tile::element;
    using a_loader = window_loader<typename Tile::template depth_fastest<Tile::rows>, element, Tile::depth, Tile::threads>;
    using b_loader = matrix_loader<typename Tile::template depth_fastest<Tile::columns>, element, true, Tile::depth, Tile::threads>;
    const a_loader a = {input, starts, taps, fast_divider(g.input_channels), fast_divider(g.kernel_width), slice.first, slice.end,
                        (vectors & vector_a) != 0};
    const b_loader b = {weight + static_cast<int64>(first_column) * k, g.output_channels - first_column, k, slice.first, slice.end,
        (vectors & vector_b) != 0};
    typename Tile::sums sums;
    multiply_tile<Tile>(a, b, slice.steps, shared, sums);

    finish_tile<Tile>(sums, shared, output, blockIdx.z, gridDim.z, blockIdx.y * gridDim.x + blockIdx.x, pixels * g.output_channels,
        first_column, g.output_channels, 0, 1, [&](int row, int column) -> int64 {
            return first_row + row < pixels ? (first_row + row) * g.output_channels + first_column + column : -1;
        });
}

// One axis of an input gradient cut into phases. Input pixels whose position plus padding leaves the same remainder, divided by the stride,
// are reached by the same taps, and from neighbor to neighbor among them the output pixel moves on by one: no zeros are inserted, and
// nothing is tested for divisibility in the loop over k.
//     output position of tap t at the phase's pixel j = start + j + t * move, t < count; the pixel itself: first + j * stride, j < pixels.
struct convolution_phase {
    int first, pixels;
    tap_sequence taps;
    int count, start, move;

    __device__ __forceinline__ convolution_phase(int remainder, int size, int kernel, int stride, int padding, int dilation) {
        first = (remainder - padding % stride + stride) % stride;
        pixels = first < size ? (size - first + stride - 1) / stride : 0;
        int divisor = dilation;  // The greatest common divisor of stride and dilation.
        for (int rest = stride; rest != 0;) {
            const int next = divisor % rest;
            divisor = rest;
            rest = next;
        }
        taps = {0, stride / divisor};
        move = -(dilation / divisor);
        while (taps.first < taps.step && static_cast<int64>(taps.first) * dilation % stride != remainder)
            taps.first++;
        count = taps.first < taps.step && taps.first < kernel ? (kernel - taps.first + taps.step - 1) / taps.step : 0;
        start = count > 0 ? (first + padding - taps.first * dilation) / stride : 0;
    }
};

template <typename Tile>
static __device__ __forceinline__ void convolution_input_gradient(
    const convolution_geometry& g, const typename Tile::element* output_gradient, const typename Tile::element* weight,
    const product_result<typename Tile::element>& input_gradient, int slice_steps, int vectors, typename Tile::element* shared) {
    SHARED(window_start, starts, Tile::rows);
    SHARED(int64, places, Tile::rows);  // The line's pixel in the result, -1 for none.
    const int phases = g.stride_height * g.stride_width, phase = blockIdx.z % phases;
    const convolution_phase vertical(phase / g.stride_width, g.input_height, g.kernel_height, g.stride_height, g.padding_height,
        g.dilation_height);
    const convolution_phase horizontal(phase % g.stride_width, g.input_width, g.kernel_width, g.stride_width, g.padding_width,
        g.dilation_width);
    const int64 first_row = static_cast<int64>(blockIdx.x) * Tile::rows,
        pixels = static_cast<int64>(g.batch) * vertical.pixels * horizontal.pixels;
    if (first_row >= pixels)
        return;  // The grid has blocks for the largest phase.
    const int first_column = blockIdx.y * Tile::columns, k = vertical.count * horizontal.count * g.output_channels;
    const window_taps taps = {vertical.count, horizontal.count, vertical.move, horizontal.move, g.output_height, g.output_width};
    for (int line = threadIdx.x; line < Tile::rows; line += Tile::threads) {
        const int64 pixel = first_row + line;
        starts[line] = window_start::outside();
        places[line] = -1;
        if (pixel < pixels) {
            const int row = static_cast<int>(pixel / horizontal.pixels % vertical.pixels),
                column = static_cast<int>(pixel % horizontal.pixels);
            const int64 image = pixel / horizontal.pixels / vertical.pixels;
            const int y = vertical.start + row, x = horizontal.start + column;
            starts[line] = taps.start(image, y, x);
            places[line] = (image * g.input_height + vertical.first + row * g.stride_height) * g.input_width + horizontal.first
                + column * g.stride_width;
        }
    }
    __syncthreads();

    const convolution_slice slice(blockIdx.z / phases, slice_steps, Tile::depth, k);
    using element = typename Tile::element;
    using a_loader = window_loader<typename Tile::template depth_fastest<Tile::rows>, element, Tile::depth, Tile::threads>;
    using b_loader = phase_weight_loader<typename Tile::template lines_fastest<Tile::columns>, element, Tile::depth, Tile::threads>;
    const fast_divider channels(g.output_channels), taps_across(max(horizontal.count, 1));
    const a_loader a = {output_gradient, starts, taps, channels, taps_across, slice.first, slice.end, (vectors & vector_a) != 0};
    const b_loader b = {weight + first_column, g.input_channels - first_column, g.input_channels, g.kernel_height, g.kernel_width,
                        vertical.taps, horizontal.taps, channels, taps_across, slice.first, slice.end, (vectors & vector_b) != 0};
    typename Tile::sums sums;
    multiply_tile<Tile>(a, b, slice.steps, shared, sums);

    const int64 count = static_cast<int64>(g.batch) * g.input_height * g.input_width * g.input_channels;
    const int tile = (phase * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    finish_tile<Tile>(sums, shared, input_gradient, blockIdx.z / phases, gridDim.z / phases, tile, count, first_column, g.input_channels,
        phase, phases, [&](int row, int column) -> int64 {
            return places[row] >= 0 ? places[row] * g.input_channels + first_column + column : -1;
        });
}

// With `turned`, rows and columns change places: for so few output channels that a tile with many columns of taps would have next to no
// rows.
template <typename Tile, bool turned>
static __device__ __forceinline__ void convolution_weight_gradient(
    const convolution_geometry& g, const typename Tile::element* input, const typename Tile::element* output_gradient,
    const product_result<typename Tile::element>& weight_gradient, int slice_steps, int vectors, typename Tile::element* shared) {
    const int k = g.batch * g.output_height * g.output_width, inner = g.kernel_height * g.kernel_width * g.input_channels;
    const int first_row = blockIdx.x * Tile::rows, first_column = blockIdx.y * Tile::columns;
    const int first_output = turned ? first_column : first_row, first_tap = turned ? first_row : first_column;
    constexpr int outputs = turned ? Tile::columns : Tile::rows, taps = turned ? Tile::rows : Tile::columns;

    const convolution_slice slice(blockIdx.z, slice_steps, Tile::depth, k);
    using element = typename Tile::element;
    using output_loader = matrix_loader<typename Tile::template lines_fastest<outputs>, element, false, Tile::depth, Tile::threads>;
    using input_loader = pixel_loader<typename Tile::template lines_fastest<taps>, element, Tile::depth, Tile::threads>;
    const output_loader a = {output_gradient + first_output, g.output_channels - first_output, g.output_channels,
                             slice.first, slice.end, (vectors & vector_a) != 0};
    const input_loader b = {input, g.input_height, g.input_width, g.stride_height, g.stride_width, g.padding_height, g.padding_width,
                            g.dilation_height, g.dilation_width,
                            fast_divider(g.input_channels), fast_divider(g.kernel_width), fast_divider(g.output_width),
                                fast_divider(g.output_height),
                            first_tap, inner, slice.first, slice.end, (vectors & vector_b) != 0};
    typename Tile::sums sums;
    const int64 count = static_cast<int64>(g.output_channels) * inner;
    if constexpr (turned) {
        multiply_tile<Tile>(b, a, slice.steps, shared, sums);
        Tile::for_each(sums, shared, [&](int row, int column, float4 values) {
            if (first_row + row >= inner)
                return;
            const float four[4] = {values.x, values.y, values.z, values.w};
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (first_column + column + j < g.output_channels)
                    weight_gradient.store_one(
                        blockIdx.z * count + static_cast<int64>(first_column + column + j) * inner + first_row + row, four[j]);
            }
        });
    } else {
        multiply_tile<Tile>(a, b, slice.steps, shared, sums);
        finish_tile<Tile>(sums, shared, weight_gradient, blockIdx.z, gridDim.z, blockIdx.y * gridDim.x + blockIdx.x, count, first_column,
            inner, [&](int row, int column) -> int64 {
                return first_row + row < g.output_channels ? static_cast<int64>(first_row + row) * inner + first_column + column : -1;
            });
    }
}

// The kernels of one tile: convolution_<version>, convolution_input_gradient_<version> and convolution_weight_gradient_<version>. `types`
// are their parameters: for float32 the arrays, and for bfloat16 a result of either type, a bias with the slope of a LeakyReLU behind it or
// null, where slices are joined by the launch itself room for them and a zero counter for each tile, else null, and what statistics of the
// results are wanted (result_statistics.cuh; of a weight gradient none).
#define CONVOLUTION_KERNEL(name, tile, types, body, first, second, result)                                          \
    extern "C" __global__ void __launch_bounds__(tile::threads, tile::resident_blocks) name(convolution_geometry g, \
        types##_PARAMETERS(first, second, result)) {                                                                \
        DYNAMIC_SHARED(tile::element, shared);                                                                      \
        const product_result<tile::element> to = types##_RESULT(result);                                            \
        body(g, first, second, to, slice_steps, vectors, shared);                                                   \
    }

#define CONVOLUTION_FLOATS_PARAMETERS(first, second, result) \
    const float* __restrict__ first, const float* __restrict__ second, float* __restrict__ result, int slice_steps, int vectors
#define CONVOLUTION_FLOATS_RESULT(result) {result, (vectors & vector_result) != 0, false}
#define CONVOLUTION_BFLOAT16_PARAMETERS(first, second, result)                                                                        \
    const bfloat16* __restrict__ first, const bfloat16* __restrict__ second, void* __restrict__ result, int slice_steps, int vectors, \
        const float* __restrict__ bias, float slope, float* parts, uint32* counters, result_statistics statistics
#define CONVOLUTION_BFLOAT16_RESULT(result) \
    {result, (vectors & vector_result) != 0, (vectors & narrow_result) != 0, bias, slope, parts, counters, statistics}

#define CONVOLUTION_KERNELS(version, tile, types)                                                                                    \
    CONVOLUTION_KERNEL(convolution_##version, tile, types, convolution_value<tile>, input, weight, output)                           \
    CONVOLUTION_KERNEL(convolution_input_gradient_##version, tile, types, convolution_input_gradient<tile>, output_gradient, weight, \
        input_gradient)                                                                                                              \
    CONVOLUTION_KERNEL(convolution_weight_gradient_##version, tile, types, (convolution_weight_gradient<tile, false>), input,        \
        output_gradient, weight_gradient)

#define CONVOLUTION_TURNED_KERNEL(version, tile, types)                                                                             \
    CONVOLUTION_KERNEL(convolution_weight_gradient_turned_##version, tile, types, (convolution_weight_gradient<tile, true>), input, \
        output_gradient, weight_gradient)
