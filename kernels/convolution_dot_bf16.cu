// One number of each image of bfloat16; see convolution_dot.cuh.
#include "convolution_dot.cuh"

CONVOLUTION_DOT(convolution_dot_2, bfloat16)
