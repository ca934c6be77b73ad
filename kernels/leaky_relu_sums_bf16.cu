// The gradient behind a LeakyReLU and its sums, bfloat16; see leaky_relu_sums.cuh.
#include "leaky_relu_sums.cuh"

LEAKY_RELU_SUMS(1_bf16, 1, bfloat16)
LEAKY_RELU_SUMS(2_bf16, 4, bfloat16)
