// Version 5 of the three convolutions: arrays of bfloat16, multiplied by warpgroups (convolution_wgmma.cuh). For compute capability 9.0
// alone. The result is bfloat16 or float32, and statistics of it may be asked for (result_statistics.cuh; not of a weight gradient).
//
// Launch, from ConvolutionWgmma.cs: as convolution_product.cuh says, with rows of 128 and steps of 64, tile::threads threads and
// tile::shared_bytes of dynamic shared memory. The depth is counted in steps: taps times ceil(channels / 64), or ceil(output pixels / 64).
// All channels are multiples of 8, all arrays aligned to 16 bytes. With slices the result is float32 scratch for slices.cuh.
#include "convolution_wgmma.cuh"

#if HAS_WGMMA

#define CONVOLUTION_WGMMA_KERNEL(name, tile, body, gathered, copied, result)                                                           \
    extern "C" __global__ void __launch_bounds__(tile::threads, tile::resident_blocks) name(                                           \
        const __grid_constant__ convolution_geometry g, const bfloat16* __restrict__ gathered,                                         \
        const __grid_constant__ tensor_map copied, void* __restrict__ result, int slice_steps, int is_bfloat16,                        \
        const __grid_constant__ result_statistics statistics) {                                                                        \
        body<tile>(g, gathered, copied, result, slice_steps, is_bfloat16 != 0, statistics);                                            \
    }

#define CONVOLUTION_WGMMA_KERNELS(size, tile)                                                                                          \
    CONVOLUTION_WGMMA_KERNEL(convolution_wgmma_##size, tile, convolution_wgmma_value, input, weights, output)                          \
    CONVOLUTION_WGMMA_KERNEL(convolution_input_gradient_wgmma_##size, tile, convolution_wgmma_input_gradient, output_gradient, weights, \
        input_gradient)                                                                                                                \
    CONVOLUTION_WGMMA_KERNEL(convolution_weight_gradient_wgmma_##size, tile, convolution_wgmma_weight_gradient, input,                 \
        output_gradients, weight_gradient)

using convolution_128x256 = wgmma_tile<256, 4, 128, 1>;  // 384 threads, 197632 bytes of shared memory
using convolution_128x128 = wgmma_tile<128, 3, 64, 2>;  // 320 threads, 99328 bytes
using convolution_128x64 = wgmma_tile<64, 4, 64, 2>;    // 320 threads, 99328 bytes

CONVOLUTION_WGMMA_KERNELS(128x256, convolution_128x256)
CONVOLUTION_WGMMA_KERNELS(128x128, convolution_128x128)
CONVOLUTION_WGMMA_KERNELS(128x64, convolution_128x64)

#endif
