// Sums and maxima of bfloat16, joined and written in float32: reduction.cuh.
#include "reduction.cuh"

REDUCTIONS(sum_bf16, bfloat16, sum_operation)
REDUCTIONS(maximum_bf16, bfloat16, maximum_operation)
