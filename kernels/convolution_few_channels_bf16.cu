// Version 5 of the input gradient, for arrays of bfloat16 with few input channels (an image's three), which is bound by memory: each value
// of the output gradient is multiplied once with the weights of all taps, and what taps give a pixel is gathered in shared memory. Version
// 4 reads a value again for every tap and multiplies 128 by 32 results where three are wanted. Needs sm_80.
#include "bfloat16_tile.cuh"
#include "convolution_operands.cuh"

#if HAS_TENSOR_CORES

namespace {

// 128 pixels of the output gradient by up to 64 pairs of tap and channel; 128 threads, 49152 bytes of shared memory.
using tile = bfloat16_tile<128, 64, 32, 64, 2, 4>;

// Lines are the pixels of whole rows of an image, k their channels: from `first_line` of the array's lines on, of which those from `begin`
// to `end` are the image's.
template <typename Layout>
struct row_loader {
    using layout = Layout;
    const bfloat16* array;  // Of the image.
    int channels, first_line, begin, end;

    __device__ __forceinline__ void load(bfloat16* stage, int step) const {
        copy_vectors<Layout, true, tile::depth, tile::threads>(stage, [&](int fast, int slow, int further, bool& valid) {
            const int line = first_line + slow + further, k = step * tile::depth + fast;
            valid = line >= begin && line < end && k < channels;
            return array + (valid ? static_cast<int64>(line) * channels + k : 0);
        });
    }
};

}  // namespace

// input_gradient[image, h, w, c] = the sum over taps of output_gradient[image, y, x, :] · weight[:, tap, c] where h = y * stride - padding
// + tap row * dilation, and so across. A block takes `rows` rows of an image's output gradient, of which the first `halo` are those of the
// block before as well, and writes the input rows h whose last row of output gradient, floor((h + padding) / stride), is one of the others.
// Contract: rows * output_width <= 128; taps * input_channels <= 64, both they and output_channels multiples of 8, arrays at multiples of
// 16 bytes; halo >= (kernel_height - 1) * dilation_height / stride_height, rounded down. narrow: the result is bfloat16, else float32;
// vector: rows of it may be written four elements at a time. Launch: strips by batch blocks of 128 threads, 49152 bytes of shared memory;
// strips * (rows - halo) rows reach the last input row.
extern "C" __global__ void __launch_bounds__(tile::threads, tile::resident_blocks)
convolution_input_gradient_5_few_channels(convolution_geometry g, const bfloat16* __restrict__ output_gradient,
    const bfloat16* __restrict__ weight, void* __restrict__ input_gradient, int rows, int halo, int vector, int narrow) {
    DYNAMIC_SHARED(bfloat16, shared);
    const int columns = g.kernel_height * g.kernel_width * g.input_channels;
    const int own = static_cast<int>(blockIdx.x) * (rows - halo), first = own - halo;
    const int64 image = blockIdx.y;
    const row_loader<tile::depth_fastest<tile::rows>> a = {
        output_gradient + image * g.output_height * g.output_width * g.output_channels, g.output_channels, first * g.output_width,
        max(first, 0) * g.output_width, min(first + rows, g.output_height) * g.output_width};
    const matrix_loader<tile::lines_fastest<tile::columns>, bfloat16, false, tile::depth, tile::threads> b = {
        weight, columns, columns, 0, g.output_channels, true};
    tile::sums sums;
    tile::product(a, loader_way<decltype(b), true>{b}, (g.output_channels + tile::depth - 1) / tile::depth, shared, sums);
    const float* const products = tile::stage(sums, shared);

    // Input rows whose last row of output gradient is own to own + rows - halo - 1.
    const int begin = max(own * g.stride_height - g.padding_height, 0);
    const int end = min((own + rows - halo) * g.stride_height - g.padding_height, g.input_height);
    const int row_length = g.input_width * g.input_channels;
    const fast_divider fours((row_length + 3) / 4), channels(g.input_channels), down_stride(g.stride_height), across_stride(g.stride_width);
    const product_result<bfloat16> result = {input_gradient, vector != 0, narrow != 0, nullptr, 0.0f, nullptr, nullptr};
    for (int item = static_cast<int>(threadIdx.x); item < (end - begin) * fours.divisor; item += tile::threads) {
        const int row = fours.quotient(item), place = (item - row * fours.divisor) * 4, h = begin + row;
        float four[4] = {0.0f, 0.0f, 0.0f, 0.0f};
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int w = channels.quotient(place + i), channel = place + i - w * g.input_channels;
            if (w >= g.input_width)
                continue;
            for (int tap_row = 0; tap_row < g.kernel_height; tap_row++) {
                const int down = h + g.padding_height - tap_row * g.dilation_height;
                const int y = down_stride.quotient(max(down, 0));
                if (down < 0 || y * g.stride_height != down || y >= g.output_height)
                    continue;
                for (int tap_column = 0; tap_column < g.kernel_width; tap_column++) {
                    const int along = w + g.padding_width - tap_column * g.dilation_width;
                    const int x = across_stride.quotient(max(along, 0));
                    if (along < 0 || x * g.stride_width != along || x >= g.output_width)
                        continue;
                    const int column = (tap_row * g.kernel_width + tap_column) * g.input_channels + channel;
                    four[i] += products[((y - first) * g.output_width + x) * tile::pitch + column];
                }
            }
        }
        result.store((image * g.input_height + h) * row_length + place, 0, make_float4(four[0], four[1], four[2], four[3]),
            row_length - place);
    }
}

#endif
