// Batch normalization of bfloat16 arrays, half the bytes of batch_norm.cu; see batch_norm.cuh.
#include "batch_norm.cuh"

BATCH_NORM_VERSION(1_bf16, 1, bfloat16)
BATCH_NORM_VERSION(2_bf16, 4, bfloat16)
