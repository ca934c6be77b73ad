// A stand-in for libcuda.so.1 and libnvrtc.so: what the real driver's C# side is tried against where there is no GPU. Device memory is host
// memory, a stream does its work at once, the one kernel is `fill(float* y, float value, long long count)`, and any function can be told to
// fail. It is as strict as the real one about what a call must not forget: every call that needs a current context fails without one, and
// whatever is made is counted until it is destroyed.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#define API extern "C" __attribute__((visibility("default")))

namespace {

struct Stream {
    bool capturing = false;
    std::vector<std::function<void()>> work;
};
struct Graph {
    std::vector<std::function<void()>> work;
};

std::map<std::string, int> settings = {{"version", 12040}, {"devices", 1}, {"mode", 0}};
std::map<std::string, std::set<void*>> made;
int context_references = 0;
int last_launch[7];
thread_local void* current = nullptr;
int the_context;

int failure(const char* function) { return settings.count(function) ? settings[function] : 0; }

// What every function of a context begins with.
int enter(const char* function) {
    if (settings.count("fault")) return settings["fault"];
    if (current == nullptr || context_references == 0) return 201;
    return failure(function);
}

#define ENTER() if (int error = enter(__func__)) return error

int make(const char* kind, void* what, void** result) {
    made[kind].insert(what);
    *result = what;
    return 0;
}

int destroy(const char* kind, void* what) { return made[kind].erase(what) == 1 ? 0 : 400; }

int enqueue(void* stream, std::function<void()> work) {
    if (made["stream"].count(stream) == 0) return 400;
    auto* s = static_cast<Stream*>(stream);
    if (s->capturing) s->work.push_back(work);
    else work();
    return 0;
}

struct Name { int code; const char* name; const char* meaning; };
const Name names[] = {
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"}, {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA-capable device(s) is/are busy or unavailable"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain"},
    {400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"}, {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
};

}  // namespace

API void stand_in_set(const char* what, int value) { settings[what] = value; }
API void stand_in_clear(const char* what) { settings.erase(what); }
API int stand_in_live(const char* kind) { return std::string(kind) == "context" ? context_references
    : static_cast<int>(made[kind].size()); }
API int stand_in_dynamic() { return settings["dynamic"]; }
API void stand_in_forget() { made.clear(); }
API int stand_in_launch(int which) { return last_launch[which]; }

API int cuInit(unsigned) { return failure(__func__); }
API int cuDriverGetVersion(int* version) { *version = settings["version"]; return 0; }
API int cuGetErrorName(int code, const char** name) {
    for (const Name& n : names) if (n.code == code) { *name = n.name; return 0; }
    *name = nullptr;
    return 1;
}
API int cuGetErrorString(int code, const char** meaning) {
    for (const Name& n : names) if (n.code == code) { *meaning = n.meaning; return 0; }
    *meaning = nullptr;
    return 1;
}
API int cuDeviceGetCount(int* count) { *count = settings["devices"]; return failure(__func__); }
API int cuDeviceGet(int* device, int ordinal) { *device = 70 + ordinal; return ordinal < settings["devices"] ? 0 : 101; }
API int cuDeviceGetName(char* name, int length, int) { std::strncpy(name, "Stand-in GPU", length); return 0; }
API int cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = size_t{5} << 30; return 0; }
API int cuDeviceGetAttribute(int* value, int attribute, int device) {
    if (device < 70) return 101;
    switch (attribute) {
        case 13: *value = 1500000; return 0;
        case 16: *value = 42; return 0;
        case 20: *value = settings["mode"]; return 0;
        case 75: *value = 8; return 0;
        case 76: *value = 6; return 0;
        case 97: *value = 101376; return 0;
        default: return 1;
    }
}
API int cuDevicePrimaryCtxRetain(void** context, int) {
    if (int error = failure(__func__)) return error;
    context_references++;
    *context = &the_context;
    return 0;
}
API int cuDevicePrimaryCtxRelease_v2(int device) { return device < 70 || context_references-- == 0 ? 201 : 0; }
API int cuCtxSetCurrent(void* context) { current = context; return 0; }
API int cuMemGetInfo_v2(size_t* free, size_t* total) { ENTER(); *free = 3 << 20; *total = 5 << 20; return 0; }
API int cuMemAlloc_v2(void** address, size_t bytes) { ENTER(); return make("memory", std::malloc(bytes), address); }
API int cuMemFree_v2(void* address) { ENTER(); if (int error = destroy("memory", address)) return error; std::free(address); return 0; }
API int cuMemAllocHost_v2(void** address, size_t bytes) { ENTER(); return make("host", std::malloc(bytes), address); }
API int cuMemFreeHost(void* address) { ENTER(); if (int error = destroy("host", address)) return error; std::free(address); return 0; }
API int cuMemcpyHtoDAsync_v2(void* to, const void* from, size_t bytes, void* stream) { ENTER();
    return enqueue(stream, [=] { std::memcpy(to, from, bytes); }); }
API int cuMemcpyDtoHAsync_v2(void* to, const void* from, size_t bytes, void* stream) { ENTER();
    return enqueue(stream, [=] { std::memcpy(to, from, bytes); }); }
API int cuMemcpyDtoDAsync_v2(void* to, const void* from, size_t bytes, void* stream) { ENTER();
    return enqueue(stream, [=] { std::memcpy(to, from, bytes); }); }
API int cuMemsetD8Async(void* address, unsigned char value, size_t count, void* stream) {
    ENTER();
    return enqueue(stream, [=] { std::memset(address, value, count); });
}
API int cuStreamCreate(void** stream, unsigned flags) { ENTER(); return flags == 1 ? make("stream", new Stream, stream) : 1; }
API int cuStreamDestroy_v2(void* stream) { ENTER(); if (int error = destroy("stream", stream)) return error;
    delete static_cast<Stream*>(stream); return 0; }
API int cuStreamSynchronize(void* stream) { ENTER(); return made["stream"].count(stream) == 1 ? 0 : 400; }
API int cuEventCreate(void** handle, unsigned flags) { ENTER(); return flags == 0 ? make("event", new int, handle) : 1; }
API int cuEventDestroy_v2(void* handle) { ENTER(); if (int error = destroy("event", handle)) return error; delete static_cast<int*>(handle);
    return 0; }
API int cuEventRecord(void* handle, void* stream) { ENTER(); return made["event"].count(handle) + made["stream"].count(stream) == 2 ? 0
    : 400; }
API int cuEventSynchronize(void* handle) { ENTER(); return made["event"].count(handle) == 1 ? 0 : 400; }
API int cuEventElapsedTime(float* milliseconds, void* start, void* end) {
    ENTER();
    *milliseconds = 1.25f;
    return made["event"].count(start) + made["event"].count(end) == 2 ? 0 : 400;
}
API int cuModuleLoadData(void** module, const void* image) { ENTER(); return std::memcmp(image, "\177ELF", 4) == 0
    ? make("module", new int, module) : 200; }
API int cuModuleUnload(void* module) { ENTER(); if (int error = destroy("module", module)) return error; delete static_cast<int*>(module);
    return 0; }
API int cuModuleGetFunction(void** function, void* module, const char* name) {
    ENTER();
    if (made["module"].count(module) == 0) return 400;
    static int fill;
    *function = &fill;
    return std::strcmp(name, "fill") == 0 ? 0 : 500;
}
API int cuFuncGetAttribute(int* value, int attribute, void*) { ENTER(); *value = 1376; return attribute == 1 ? 0 : 1; }
API int cuFuncSetAttribute(void*, int attribute, int value) { ENTER(); settings["dynamic"] = value; return attribute == 8
    && value <= 101376 - 1376 ? 0 : 1; }
API int cuLaunchKernel(void*, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void* stream,
                       void** arguments, void** extra) {
    ENTER();
    const unsigned all[] = {gx, gy, gz, bx, by, bz, shared};
    for (int i = 0; i < 7; i++) last_launch[i] = static_cast<int>(all[i]);
    if (extra != nullptr) return 1;
    float* y = *static_cast<float**>(arguments[0]);
    const float value = *static_cast<float*>(arguments[1]);
    const long long count = *static_cast<long long*>(arguments[2]);
    return enqueue(stream, [=] { for (long long i = 0; i < count; i++) y[i] += value; });
}
API int cuStreamBeginCapture_v2(void* stream, int) { ENTER(); static_cast<Stream*>(stream)->capturing = true; return 0; }
API int cuStreamEndCapture(void* stream, void** graph) {
    ENTER();
    auto* s = static_cast<Stream*>(stream);
    if (!s->capturing) return 1;
    s->capturing = false;
    auto* g = new Graph;
    g->work.swap(s->work);
    return make("graph", g, graph);
}
API int cuThreadExchangeStreamCaptureMode(int*) { return 0; }
API int cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long flags) {
    ENTER();
    return flags == 0 && made["graph"].count(graph) == 1 ? make("executable", new Graph(*static_cast<Graph*>(graph)), executable) : 400;
}
API int cuGraphLaunch(void* executable, void* stream) {
    ENTER();
    if (made["executable"].count(executable) == 0) return 400;
    return enqueue(stream, [executable] { for (auto& work : static_cast<Graph*>(executable)->work) work(); });
}
API int cuGraphExecDestroy(void* executable) {
    ENTER();
    if (int error = destroy("executable", executable)) return error;
    delete static_cast<Graph*>(executable);
    return 0;
}
API int cuGraphDestroy(void* graph) { ENTER(); if (int error = destroy("graph", graph)) return error; delete static_cast<Graph*>(graph);
    return 0; }

API int nvrtcVersion(int* major, int* minor) { *major = 13; *minor = 7; return 0; }
API const char* nvrtcGetErrorString(int) { return "NVRTC_ERROR"; }
API int nvrtcGetNumSupportedArchs(int* count) { *count = 2; return 0; }
API int nvrtcGetSupportedArchs(int* architectures) { architectures[0] = 75; architectures[1] = settings.count("newest") ? settings["newest"]
    : 86; return 0; }
API int nvrtcCreateProgram(void** program, const char*, const char*, int, const char* const*, const char* const*) { *program = &the_context;
    return 0; }
API int nvrtcDestroyProgram(void** program) { *program = nullptr; return 0; }
API int nvrtcCompileProgram(void*, int, const char* const*) { return 0; }
API int nvrtcGetProgramLogSize(void*, size_t* bytes) { *bytes = 1; return 0; }
API int nvrtcGetProgramLog(void*, char* log) { *log = 0; return 0; }
API int nvrtcGetCUBINSize(void*, size_t* bytes) { *bytes = 8; return 0; }
API int nvrtcGetCUBIN(void*, char* image) { std::memcpy(image, "\177ELFfill", 8); return 0; }
API int nvrtcGetPTXSize(void*, size_t* bytes) { *bytes = 1; return 0; }
API int nvrtcGetPTX(void*, char* image) { *image = 0; return 0; }
