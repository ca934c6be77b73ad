// Losses of float32 logits; see loss.cuh.
#include "loss.cuh"

LOGISTIC_LOSS(loss_logistic, float)
