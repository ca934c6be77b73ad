// The geometry structs that kernels take by value: the same fields in the same order as the C# structs that fill them.
#pragma once

#include "kernel.cuh"

constexpr int maximum_rank = 6;

// Loops over up to six axes, slowest first, and the distance in elements between neighbors along each axis in up to three arrays:
// StridedGeometry in Geometries.cs.
struct strided_geometry {
    int rank;
    int extents[maximum_rank];
    int64 strides_a[maximum_rank];
    int64 strides_b[maximum_rank];
    int64 strides_out[maximum_rank];
};

// Input [batch, input_height, input_width, input_channels], weight [output_channels, kernel_height, kernel_width, input_channels],
// output [batch, output_height, output_width, output_channels]: ConvolutionArguments in Cuda/ConvolutionPlan.cs.
struct convolution_geometry {
    int batch;
    int input_height, input_width, input_channels;
    int output_height, output_width, output_channels;
    int kernel_height, kernel_width;
    int stride_height, stride_width;
    int padding_height, padding_width;
    int dilation_height, dilation_width;
};
