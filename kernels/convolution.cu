// The three convolutions, one product of three arrays seen from each of them (float32, NHWC activations, OHWI weights, any stride, padding
// and dilation):
//     output[b, y, x, o] meets weight[o, kh, kw, i]
//     and input[b, y * stride - padding + kh * dilation, x * stride - padding + kw * dilation, i].
// Here is version 1 of each, a thread a result, every operand read from global memory each time it is used: the definition, in CUDA.
// Version 2 (convolution_tiled.cu) and version 3 (convolution_tf32.cu, convolution_bf16.cu) compute the same as matrix products; what they
// split into slices is summed here.
#include "geometry.cuh"

// output [batch, output_height, output_width, output_channels] = the convolution of input with weight.
// Launch: blocks of any number of threads, a loop over all outputs.
extern "C" __global__ void convolution_1(
    convolution_geometry g, const float* __restrict__ input, const float* __restrict__ weight, float* __restrict__ output) {
    const int64 count = static_cast<int64>(g.batch) * g.output_height * g.output_width * g.output_channels;
    for (int64 index = first_index(); index < count; index += index_step()) {
        const int o = static_cast<int>(index % g.output_channels);
        const int64 pixel = index / g.output_channels;
        const int x = static_cast<int>(pixel % g.output_width), y = static_cast<int>(pixel / g.output_width % g.output_height);
        const int64 image = pixel / g.output_width / g.output_height;
        float sum = 0.0f;
        for (int kh = 0; kh < g.kernel_height; kh++) {
            const int row = y * g.stride_height - g.padding_height + kh * g.dilation_height;
            if (row < 0 || row >= g.input_height)
                continue;
            for (int kw = 0; kw < g.kernel_width; kw++) {
                const int column = x * g.stride_width - g.padding_width + kw * g.dilation_width;
                if (column < 0 || column >= g.input_width)
                    continue;
                const float* const from = input + ((image * g.input_height + row) * g.input_width + column) * g.input_channels;
                const float* const tap = weight + ((static_cast<int64>(o) * g.kernel_height + kh) * g.kernel_width + kw) * g.input_channels;
                for (int i = 0; i < g.input_channels; i++)
                    sum = fmaf(from[i], tap[i], sum);
            }
        }
        output[index] = sum;
    }
}

// input_gradient [batch, input_height, input_width, input_channels]: each pixel sums over the taps that reach it from a whole output pixel.
// Launch: blocks of any number of threads, a loop over all inputs.
extern "C" __global__ void convolution_input_gradient_1(
    convolution_geometry g, const float* __restrict__ output_gradient, const float* __restrict__ weight,
        float* __restrict__ input_gradient) {
    const int64 count = static_cast<int64>(g.batch) * g.input_height * g.input_width * g.input_channels;
    const int64 weight_step = static_cast<int64>(g.kernel_height) * g.kernel_width * g.input_channels;
    for (int64 index = first_index(); index < count; index += index_step()) {
        const int i = static_cast<int>(index % g.input_channels);
        const int64 pixel = index / g.input_channels;
        const int column = static_cast<int>(pixel % g.input_width), row = static_cast<int>(pixel / g.input_width % g.input_height);
        const int64 image = pixel / g.input_width / g.input_height;
        float sum = 0.0f;
        for (int kh = 0; kh < g.kernel_height; kh++) {
            const int down = row + g.padding_height - kh * g.dilation_height, y = down / g.stride_height;
            if (down < 0 || y * g.stride_height != down || y >= g.output_height)
                continue;
            for (int kw = 0; kw < g.kernel_width; kw++) {
                const int along = column + g.padding_width - kw * g.dilation_width, x = along / g.stride_width;
                if (along < 0 || x * g.stride_width != along || x >= g.output_width)
                    continue;
                const float* const from = output_gradient + ((image * g.output_height + y) * g.output_width + x) * g.output_channels;
                const float* tap = weight + (static_cast<int64>(kh) * g.kernel_width + kw) * g.input_channels + i;
                for (int o = 0; o < g.output_channels; o++, tap += weight_step)
                    sum = fmaf(from[o], *tap, sum);
            }
        }
        input_gradient[index] = sum;
    }
}

// weight_gradient [output_channels, kernel_height, kernel_width, input_channels]: each weight sums over all output pixels.
// Launch: blocks of any number of threads, a loop over all weights.
extern "C" __global__ void convolution_weight_gradient_1(
    convolution_geometry g, const float* __restrict__ input, const float* __restrict__ output_gradient,
        float* __restrict__ weight_gradient) {
    const int64 count = static_cast<int64>(g.output_channels) * g.kernel_height * g.kernel_width * g.input_channels;
    for (int64 index = first_index(); index < count; index += index_step()) {
        const int i = static_cast<int>(index % g.input_channels);
        const int64 tap = index / g.input_channels;
        const int kw = static_cast<int>(tap % g.kernel_width), kh = static_cast<int>(tap / g.kernel_width % g.kernel_height);
        const int o = static_cast<int>(tap / g.kernel_width / g.kernel_height);
        float sum = 0.0f;
        for (int image = 0; image < g.batch; image++) {
            for (int y = 0; y < g.output_height; y++) {
                const int row = y * g.stride_height - g.padding_height + kh * g.dilation_height;
                if (row < 0 || row >= g.input_height)
                    continue;
                for (int x = 0; x < g.output_width; x++) {
                    const int column = x * g.stride_width - g.padding_width + kw * g.dilation_width;
                    if (column < 0 || column >= g.input_width)
                        continue;
                    const float from =
                        input[((static_cast<int64>(image) * g.input_height + row) * g.input_width + column) * g.input_channels + i];
                    sum = fmaf(from,
                        output_gradient[((static_cast<int64>(image) * g.output_height + y) * g.output_width + x) * g.output_channels
                        + o], sum);
                }
            }
        }
        weight_gradient[index] = sum;
    }
}
