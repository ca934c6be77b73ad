// Losses of bfloat16 logits, and their gradients in bfloat16; see loss.cuh.
#include "loss.cuh"

LOGISTIC_LOSS(loss_logistic_bf16, bfloat16)
