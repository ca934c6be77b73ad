// Matrix products of arrays of bfloat16 on tensor cores, as they lie in memory; sums in float32, results in either. Contract:
// matrix_product.cuh. Launch: batch * slices * ceil(m / rows) * ceil(n / columns) blocks; threads and shared bytes stand at each tile.
// Needs sm_80.
#include "bfloat16_tile.cuh"
#include "matrix_product_tensor.cuh"

#if HAS_TENSOR_CORES

using bfloat16_256x128 = bfloat16_tile<256, 128, 64, 64, 3, 1>;  // 256 threads, 147456 bytes
using bfloat16_128x128 = bfloat16_tile<128, 128, 64, 64, 3, 2>;  // 128 threads,  98304 bytes
using bfloat16_64x64 = bfloat16_tile<64, 64, 32, 32, 4, 3>;      // 128 threads,  65536 bytes

MATRIX_PRODUCT_TENSOR_ALL(matrix_product_bf16_256x128, bfloat16_256x128, bfloat16, void)
MATRIX_PRODUCT_TENSOR_ALL(matrix_product_bf16_128x128, bfloat16_128x128, bfloat16, void)
MATRIX_PRODUCT_TENSOR_ALL(matrix_product_bf16_64x64, bfloat16_64x64, bfloat16, void)

#endif
