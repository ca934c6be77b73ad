// A stand-in for cuBLAS over host memory: the functions that the engine calls, with the prototypes and the rules of NVIDIA's documentation
// of cuBLAS 12, and plain loops behind them. It refuses what the library would refuse, so that the tests see whether the engine calls it
// rightly. KernelChoiceLibraryTests compiles it.
#include "elements.h"

namespace {

enum status { success = 0, not_initialized = 1, invalid_value = 7, not_supported = 15 };

struct context {
    void* stream = nullptr;
    void* workspace = nullptr;
    size_t workspace_bytes = 0;
};

int products = 0, handles = 0;

bool legal(int operation, int rows, int columns, int leading) {
    return operation >= 0 && operation <= 1 && leading >= (operation == 0 ? rows : columns) && leading >= 1;
}

// C = alpha op(A) op(B) + beta C by columns: element (row, column) of a matrix lies at row + column * leading.
int product(context* handle, int operation_a, int operation_b, int m, int n, int k, const float* alpha, const void* a, int type_a,
    int leading_a,
            long long stride_a, const void* b, int type_b, int leading_b, long long stride_b, const float* beta, void* c, int type_c,
                int leading_c,
            long long stride_c, int batch, int compute, int algorithm) {
    if (!handle) return not_initialized;
    if (m < 0 || n < 0 || k < 0 || batch < 0 || !legal(operation_a, m, k, leading_a) || !legal(operation_b, k, n, leading_b)
        || !legal(0, m, n, leading_c))
        return invalid_value;
    const bool narrow = type_a == 14, narrow_result = type_c == 14;
    if ((type_a != 0 && !narrow) || type_b != type_a || (type_c != 0 && !(narrow && narrow_result)) || algorithm != -1
        || (compute != 68 && (compute != 77 || narrow))) return not_supported;

    // The engine means to have given both; without them a call allocates and could not be captured.
    if (!handle->stream || !handle->workspace || handle->workspace_bytes < (4u << 20)
        || reinterpret_cast<uintptr_t>(handle->workspace) % 64 != 0)
        return invalid_value;
    for (int matrix = 0; matrix < batch; ++matrix)
        for (int column = 0; column < n; ++column)
            for (int row = 0; row < m; ++row) {
                double sum = 0;
                for (int term = 0; term < k; ++term) {
                    const float left = read_element(a, narrow, matrix * stride_a +
                                         (operation_a == 0 ? row + static_cast<long long>(term) * leading_a
                                             : term + static_cast<long long>(row) * leading_a));
                    const float right = read_element(b, narrow,
                        matrix * stride_b + (operation_b == 0 ? term + static_cast<long long>(column) * leading_b
                                                              : column + static_cast<long long>(term) * leading_b));
                    sum += static_cast<double>(left) * right;
                }
                const size_t at = matrix * stride_c + row + static_cast<long long>(column) * leading_c;
                const double before = *beta == 0 ? 0 : *beta * read_element(c, narrow_result, at);
                write_element(c, narrow_result, at, static_cast<float>(*alpha * sum + before));
            }
    ++products;
    return success;
}

}  // namespace

extern "C" {

int cublasCreate_v2(context** handle) {
    *handle = new context;
    ++handles;
    return success;
}

int cublasDestroy_v2(context* handle) {
    if (!handle) return not_initialized;
    delete handle;
    --handles;
    return success;
}

int cublasGetProperty(int type, int* value) {
    static const int version[] = {12, 3, 4};
    if (type < 0 || type > 2) return invalid_value;
    *value = version[type];
    return success;
}

int cublasSetStream_v2(context* handle, void* stream) {
    if (!handle) return not_initialized;
    *handle = {stream, nullptr, 0};
    return success;
}

int cublasSetWorkspace_v2(context* handle, void* workspace, size_t bytes) {
    if (!handle) return not_initialized;
    handle->workspace = workspace;
    handle->workspace_bytes = bytes;
    return success;
}

int cublasGemmEx(context* handle, int operation_a, int operation_b, int m, int n, int k, const void* alpha, const void* a, int type_a,
    int leading_a,
                 const void* b, int type_b, int leading_b, const void* beta, void* c, int type_c, int leading_c, int compute,
                     int algorithm) {
    return product(handle, operation_a, operation_b, m, n, k, static_cast<const float*>(alpha), a, type_a,
        leading_a, 0,
                   b, type_b, leading_b, 0, static_cast<const float*>(beta), c, type_c,
                       leading_c, 0, 1,
                   compute, algorithm);
}

int cublasGemmStridedBatchedEx(context* handle, int operation_a, int operation_b, int m, int n, int k, const void* alpha, const void* a,
    int type_a,
                               int leading_a, long long stride_a, const void* b, int type_b, int leading_b, long long stride_b,
                                   const void* beta, void* c,
                               int type_c, int leading_c, long long stride_c, int batch, int compute, int algorithm) {
    return product(handle, operation_a, operation_b, m, n, k, static_cast<const float*>(alpha), a, type_a,
        leading_a, stride_a,
                   b, type_b, leading_b, stride_b, static_cast<const float*>(beta), c,
                       type_c, leading_c,
                   stride_c, batch, compute, algorithm);
}

const char* cublasGetStatusName(int status) { return status == invalid_value ? "CUBLAS_STATUS_INVALID_VALUE" : "CUBLAS_STATUS_OTHER"; }

const char* cublasGetStatusString(int status) {
    return status == invalid_value ? "an unsupported value or parameter was passed to the function" : "something else";
}

// For the test alone: how many products were computed, and how many handles live.
int stand_in_calls() { return products; }
int stand_in_handles() { return handles; }

}  // extern "C"
