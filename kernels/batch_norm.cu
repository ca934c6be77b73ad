// Batch normalization of float32 arrays; see batch_norm.cuh.
#include "batch_norm.cuh"

BATCH_NORM_VERSION(1, 1, float)
BATCH_NORM_VERSION(2, 4, float)
