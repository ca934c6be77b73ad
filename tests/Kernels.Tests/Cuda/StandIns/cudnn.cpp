// A stand-in for cuDNN over host memory: the functions that the engine calls, with the prototypes and the rules of NVIDIA's documentation
// of cuDNN 9, and plain loops behind them. It lists algorithms that must not be taken before the one that may, and refuses what the library
// would refuse. KernelChoiceLibraryTests compiles it.
#include <vector>

#include "elements.h"

namespace {

enum status { success = 0, bad_param = 2000, not_supported = 3000 };
enum math { default_math = 0, tensor_op = 1, tensor_op_with_conversion = 2, fma = 3 };

struct handle_state {
    void* stream = nullptr;
};
struct tensor {
    int n = 0, c = 0, h = 0, w = 0;
    bool narrow = false;
};
struct convolution {
    int pad_h = 0, pad_w = 0, stride_h = 0, stride_w = 0, dilation_h = 0, dilation_w = 0, math = 0;
};

struct algorithm_line {
    int algorithm;
    int status;
    float time;
    size_t memory;
    int determinism;
    int math;
    int reserved[3];
};

constexpr int good = 1;
int convolutions = 0, objects = 0;

size_t workspace_of(const tensor& output) { return 64 + 4 * static_cast<size_t>(output.c); }

template <typename T>
int create(T** made) {
    *made = new T;
    ++objects;
    return success;
}

template <typename T>
int destroy(T* object) {
    if (!object) return bad_param;
    delete object;
    --objects;
    return success;
}

int set(tensor* t, int type, int n, int c, int h, int w) {
    if (!t || n < 1 || c < 1 || h < 1 || w < 1) return bad_param;
    if (type != 0 && type != 9) return not_supported;
    *t = {n, c, h, w, type == 9};
    return success;
}

int out_size(int in, int kernel, int pad, int stride, int dilation) { return 1 + (in + 2 * pad - ((kernel - 1) * dilation + 1)) / stride; }

bool fits(const tensor& x, const tensor& w, const convolution& g, const tensor& y) {
    return x.narrow == w.narrow && x.narrow == y.narrow && x.n == y.n && x.c == w.c && w.n == y.c &&
           y.h == out_size(x.h, w.h, g.pad_h, g.stride_h, g.dilation_h) &&
           y.w == out_size(x.w, w.w, g.pad_w, g.stride_w, g.dilation_w);
}

int list(handle_state* handle, const tensor* x, const tensor* w, const convolution* g, const tensor* y, int asked, int* found,
    algorithm_line* lines) {
    if (!handle || !handle->stream || !x || !w || !g || !y || asked < 1 || !fits(*x, *w, *g, *y)) return bad_param;

    // Dilated ones are what this cuDNN does not know: the hand-written kernels must then serve.
    if (g->dilation_h != 1 || g->dilation_w != 1) return not_supported;
    const algorithm_line all[] = {
        {0, not_supported, -1, 0, 1, g->math, {}},
        {0, success, 1, 0, 0, g->math, {}},
        {good, success, 2, 0, 1, tensor_op_with_conversion, {}},
        {good, success, 3, size_t{8} << 30, 1, g->math, {}},
        {good, success, 4, workspace_of(*y), 1, g->math == fma ? fma : tensor_op, {}},
    };
    *found = 0;
    for (const auto& line : all)
        if (*found < asked) lines[(*found)++] = line;
    return success;
}

int workspace(const tensor* x, const tensor* w, const convolution* g, const tensor* y, int algorithm, size_t* bytes) {
    if (!x || !w || !g || !y || !fits(*x, *w, *g, *y) || algorithm != good) return bad_param;
    *bytes = workspace_of(*y);
    return success;
}

// Calls visit(input index, weight index, output index) for every product of the convolution; NHWC and KRSC.
template <typename F>
void visit(const tensor& x, const tensor& w, const convolution& g, const tensor& y, F visit) {
    for (int n = 0; n < y.n; ++n)
        for (int oh = 0; oh < y.h; ++oh)
            for (int ow = 0; ow < y.w; ++ow)
                for (int o = 0; o < y.c; ++o)
                    for (int kh = 0; kh < w.h; ++kh)
                        for (int kw = 0; kw < w.w; ++kw) {
                            const int ih = oh * g.stride_h - g.pad_h + kh * g.dilation_h,
                                iw = ow * g.stride_w - g.pad_w + kw * g.dilation_w;
                            if (ih < 0 || ih >= x.h || iw < 0 || iw >= x.w) continue;
                            for (int i = 0; i < x.c; ++i)
                                visit((static_cast<size_t>(n * x.h + ih) * x.w + iw) * x.c + i,
                                    (static_cast<size_t>(o * w.h + kh) * w.w + kw) * w.c + i,
                                      (static_cast<size_t>(n * y.h + oh) * y.w + ow) * y.c + o);
                        }
}

int check(handle_state* handle, const void* alpha, const tensor* x, const tensor* w, const convolution* g, const tensor* y, int algorithm,
    void* workspace,
          size_t bytes, const void* beta) {
    if (!handle || !handle->stream || !x || !w || !g || !y || !fits(*x, *w, *g, *y) || algorithm != good || !workspace
        || bytes < workspace_of(*y))
        return bad_param;
    if (*static_cast<const float*>(alpha) != 1 || *static_cast<const float*>(beta) != 0) return not_supported;
    for (size_t i = 0; i < bytes; ++i) static_cast<unsigned char*>(workspace)[i] = 0xff;
    ++convolutions;
    return success;
}

// The results of a convolution, summed in float32 and written in their type.
struct sums {
    const tensor& shape;
    std::vector<float> values;

    explicit sums(const tensor& of) : shape(of), values(static_cast<size_t>(of.n) * of.c * of.h * of.w) {}

    void write(void* array) const {
        for (size_t i = 0; i < values.size(); ++i) write_element(array, shape.narrow, i, values[i]);
    }
};

}  // namespace

extern "C" {

size_t cudnnGetVersion() { return 91203; }

const char* cudnnGetErrorString(int status) { return status == bad_param ? "CUDNN_STATUS_BAD_PARAM" : "CUDNN_STATUS_OTHER"; }

int cudnnCreate(handle_state** handle) { return create(handle); }

int cudnnDestroy(handle_state* handle) { return destroy(handle); }

int cudnnSetStream(handle_state* handle, void* stream) {
    handle->stream = stream;
    return success;
}

int cudnnCreateTensorDescriptor(tensor** made) { return create(made); }

int cudnnDestroyTensorDescriptor(tensor* t) { return destroy(t); }

int cudnnSetTensor4dDescriptor(tensor* t, int format, int type, int n, int c, int h, int w) {
    return format != 1 ? not_supported : set(t, type, n, c, h, w);
}

int cudnnCreateFilterDescriptor(tensor** made) { return create(made); }

int cudnnDestroyFilterDescriptor(tensor* t) { return destroy(t); }

int cudnnSetFilter4dDescriptor(tensor* t, int type, int format, int k, int c, int h, int w) {
    return format != 1 ? not_supported : set(t, type, k, c, h, w);
}

int cudnnCreateConvolutionDescriptor(convolution** made) { return create(made); }

int cudnnDestroyConvolutionDescriptor(convolution* g) { return destroy(g); }

int cudnnSetConvolution2dDescriptor(convolution* g, int pad_h, int pad_w, int u, int v, int dilation_h, int dilation_w, int mode,
    int type) {
    if (!g || pad_h < 0 || pad_w < 0 || u < 1 || v < 1 || dilation_h < 1 || dilation_w < 1) return bad_param;
    if (mode != 1 || type != 0) return not_supported;
    *g = {pad_h, pad_w, u, v, dilation_h, dilation_w, default_math};
    return success;
}

int cudnnSetConvolutionMathType(convolution* g, int math) {
    if (!g || math < default_math || math > fma) return bad_param;
    g->math = math;
    return success;
}

int cudnnGetConvolutionForwardAlgorithm_v7(handle_state* handle, tensor* x, tensor* w, convolution* g, tensor* y, int asked, int* found,
                                           algorithm_line* lines) {
    return list(handle, x, w, g, y, asked, found, lines);
}

int cudnnGetConvolutionBackwardDataAlgorithm_v7(handle_state* handle, tensor* w, tensor* dy, convolution* g, tensor* dx, int asked,
    int* found,
                                                algorithm_line* lines) {
    return list(handle, dx, w, g, dy, asked, found, lines);
}

int cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle_state* handle, tensor* x, tensor* dy, convolution* g, tensor* dw, int asked,
    int* found,
                                                  algorithm_line* lines) {
    return list(handle, x, dw, g, dy, asked, found, lines);
}

int cudnnGetConvolutionForwardWorkspaceSize(handle_state*, tensor* x, tensor* w, convolution* g, tensor* y, int algorithm, size_t* bytes) {
    return workspace(x, w, g, y, algorithm, bytes);
}

int cudnnGetConvolutionBackwardDataWorkspaceSize(handle_state*, tensor* w, tensor* dy, convolution* g, tensor* dx, int algorithm,
    size_t* bytes) {
    return workspace(dx, w, g, dy, algorithm, bytes);
}

int cudnnGetConvolutionBackwardFilterWorkspaceSize(handle_state*, tensor* x, tensor* dy, convolution* g, tensor* dw, int algorithm,
    size_t* bytes) {
    return workspace(x, dw, g, dy, algorithm, bytes);
}

int cudnnConvolutionForward(handle_state* handle, const void* alpha, tensor* x_shape, const void* x, tensor* w_shape, const void* w,
    convolution* g,
                            int algorithm, void* workspace, size_t bytes, const void* beta, tensor* y_shape, void* y) {
    if (int bad = check(handle, alpha, x_shape, w_shape, g, y_shape, algorithm, workspace, bytes, beta)) return bad;
    sums all(*y_shape);
    visit(*x_shape, *w_shape, *g, *y_shape, [&](size_t in, size_t weight, size_t out) {
        all.values[out] += read_element(x, x_shape->narrow, in) * read_element(w, w_shape->narrow, weight);
    });
    all.write(y);
    return success;
}

int cudnnConvolutionBackwardData(handle_state* handle, const void* alpha, tensor* w_shape, const void* w, tensor* dy_shape,
    const void* dy, convolution* g,
                                 int algorithm, void* workspace, size_t bytes, const void* beta, tensor* dx_shape, void* dx) {
    if (int bad = check(handle, alpha, dx_shape, w_shape, g, dy_shape, algorithm, workspace, bytes, beta)) return bad;
    sums all(*dx_shape);
    visit(*dx_shape, *w_shape, *g, *dy_shape, [&](size_t in, size_t weight, size_t out) {
        all.values[in] += read_element(dy, dy_shape->narrow, out) * read_element(w, w_shape->narrow, weight);
    });
    all.write(dx);
    return success;
}

int cudnnConvolutionBackwardFilter(handle_state* handle, const void* alpha, tensor* x_shape, const void* x, tensor* dy_shape,
    const void* dy, convolution* g,
                                   int algorithm, void* workspace, size_t bytes, const void* beta, tensor* dw_shape, void* dw) {
    if (int bad = check(handle, alpha, x_shape, dw_shape, g, dy_shape, algorithm, workspace, bytes, beta)) return bad;
    sums all(*dw_shape);
    visit(*x_shape, *dw_shape, *g, *dy_shape, [&](size_t in, size_t weight, size_t out) {
        all.values[weight] += read_element(x, x_shape->narrow, in) * read_element(dy, dy_shape->narrow, out);
    });
    all.write(dw);
    return success;
}

// For the test alone: how many convolutions were computed, and how many objects live.
int stand_in_calls() { return convolutions; }
int stand_in_handles() { return objects; }

}  // extern "C"
