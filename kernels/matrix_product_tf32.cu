// Matrix products on tensor cores with operands rounded to TF32 (10 bits of mantissa) and sums in float32; the arrays are float32.
// Contract: matrix_product.cuh. Launch: batch * slices * ceil(m / rows) * ceil(n / columns) blocks; threads and shared bytes as
// matrix_product_tensor.cuh says at each tile. Needs sm_80.
#include "matrix_product_tensor.cuh"

#if HAS_TENSOR_CORES

MATRIX_PRODUCT_TENSOR_ALL(matrix_product_tf32_256x128, tf32, tensor_tile_256x128)
MATRIX_PRODUCT_TENSOR_ALL(matrix_product_tf32_128x128, tf32, tensor_tile_128x128)
MATRIX_PRODUCT_TENSOR_ALL(matrix_product_tf32_64x64, tf32, tensor_tile_64x64)

#endif
