// Version 3 of the three convolutions, operands rounded to TF32 (10 bits of mantissa): tensor cores multiply some sixteen times as fast as
// version 2's float32 arithmetic. Needs sm_80. Contract and launch: convolution_product.cuh; threads and shared bytes of each tile:
// convolution_tensor.cuh.
#include "convolution_tensor.cuh"

#if HAS_TENSOR_CORES

CONVOLUTION_TENSOR_KERNELS(tf32)

#endif
