// A stand-in for NCCL among threads or processes of one machine, over host memory: the functions that the engine calls, with the prototypes
// of nccl.h and the rules of NVIDIA's documentation. It refuses what the library would refuse, so that the tests see whether the engine
// calls it rightly, and gives up on a rank that does not come. StandInNccl.cs compiles it.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {

enum result { success = 0, system_error = 2, invalid_argument = 4, invalid_usage = 5, remote_error = 6 };

constexpr int most_ranks = 8;
constexpr size_t part_bytes = 1 << 20;

// 128 bytes, all of which must arrive.
struct identity {
    char name[64];
    unsigned char pattern[64];
};
static_assert(sizeof(identity) == 128, "ncclUniqueId");

// What the ranks of one communicator share.
struct room {
    std::atomic<int> arrived, turn, broken;
    char part[most_ranks][part_bytes];
};

struct communicator {
    room* shared;
    int ranks, rank, sums, groups, asynchronous;
};

struct sum {
    void* data;
    size_t count;
    int type;
    communicator* owner;
};

std::atomic<int> live{0}, patience{60000}, version{22705}, broken_function_result{0}, asynchronous_result{0};
char broken_function[64];
thread_local int depth = 0;
thread_local std::vector<sum> collected;
thread_local std::string last;

int refuse(int result, const char* why) {
    last = why;
    return result;
}

int planted(const char* function) {
    return broken_function_result && std::strcmp(broken_function, function) == 0
        ? refuse(broken_function_result, "planted\nby the test") : success;
}

// Waits until all ranks are here; false when one does not come.
bool meet(room* shared, int ranks) {
    const int turn = shared->turn;
    if (shared->arrived.fetch_add(1) + 1 == ranks) {
        shared->arrived = 0;
        shared->turn.fetch_add(1);
        return !shared->broken;
    }
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience);
    while (shared->turn == turn) {
        if (shared->broken || std::chrono::steady_clock::now() > until) {
            shared->broken = 1;
            return false;
        }
        usleep(50);
    }
    return !shared->broken;
}

// In the order of the ranks, the same on each.
template <class number>
void add(room* shared, int ranks, number* to, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        number total = reinterpret_cast<number*>(shared->part[0])[i];
        for (int rank = 1; rank < ranks; ++rank) total += reinterpret_cast<number*>(shared->part[rank])[i];
        to[i] = total;
    }
}

int work(const sum& asked) {
    communicator& owner = *asked.owner;
    const size_t size = asked.type == 7 ? 4 : 8, most = part_bytes / size;
    for (size_t first = 0; first < asked.count; first += most) {
        const size_t count = asked.count - first < most ? asked.count - first : most;
        char* data = static_cast<char*>(asked.data) + first * size;
        std::memcpy(owner.shared->part[owner.rank], data, count * size);
        if (!meet(owner.shared, owner.ranks)) return refuse(remote_error, "a rank did not come to a sum");
        if (asked.type == 7)
            add(owner.shared, owner.ranks, reinterpret_cast<float*>(data), count);
        else
            add(owner.shared, owner.ranks, reinterpret_cast<double*>(data), count);
        if (!meet(owner.shared, owner.ranks)) return refuse(remote_error, "a rank did not come to a sum");
    }
    ++owner.sums;
    return success;
}

// For tests of several processes.
void note(int rank, int ranks) {
    const char* path = std::getenv("STAND_IN_NCCL_LOG");
    FILE* file = path ? std::fopen(path, "a") : nullptr;
    if (!file) return;
    std::fprintf(file, "rank %d of %d\n", rank, ranks);
    std::fclose(file);
}

void leave(communicator* owner) {
    munmap(owner->shared, sizeof(room));
    delete owner;
    --live;
}

}  // namespace

extern "C" {

int ncclGetVersion(int* code) {
    *code = version;
    return success;
}

int ncclGetUniqueId(identity* id) {
    static std::atomic<int> made{0};
    std::snprintf(id->name, sizeof id->name, "/stand-in-nccl-%d-%d", getpid(), ++made);
    for (int i = 0; i < 64; ++i) id->pattern[i] = static_cast<unsigned char>(i * 37 + 11);
    const int file = shm_open(id->name, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (file < 0 || ftruncate(file, sizeof(room)) != 0) return refuse(system_error, "no shared memory");
    close(file);
    return planted("ncclGetUniqueId");
}

int ncclCommInitRank(communicator** made, int ranks, identity id, int rank) {
    if (const int result = planted("ncclCommInitRank")) {
        shm_unlink(id.name);
        return result;
    }
    for (int i = 0; i < 64; ++i)
        if (id.pattern[i] != static_cast<unsigned char>(i * 37 + 11)) return refuse(invalid_argument, "not all 128 bytes of the id came");
    if (ranks < 1 || ranks > most_ranks || rank < 0 || rank >= ranks) return refuse(invalid_argument, "no such rank");
    const int file = shm_open(id.name, O_RDWR, 0600);
    if (file < 0) return refuse(system_error, "no such id");
    void* memory = mmap(nullptr, sizeof(room), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) return refuse(system_error, "no shared memory");
    *made = new communicator{static_cast<room*>(memory), ranks, rank, 0, 0, 0};
    ++live;
    note(rank, ranks);
    const bool all = meet((*made)->shared, ranks);
    if (rank == 0) shm_unlink(id.name);
    if (all) return success;
    leave(*made);
    *made = nullptr;
    return refuse(remote_error, "a rank did not come");
}

int ncclGroupStart() {
    ++depth;
    return planted("ncclGroupStart");
}

int ncclAllReduce(const void* from, void* to, size_t count, int type, int operation, communicator* owner, void* stream) {
    if (const int result = planted("ncclAllReduce")) return result;
    if (!owner || !stream || from != to || (type != 7 && type != 8) || operation != 0)
        return refuse(invalid_argument, "an argument of a sum");
    collected.push_back({to, count, type, owner});
    return depth > 0 ? success : refuse(invalid_usage, "sums belong into a group here");
}

int ncclGroupEnd() {
    if (depth-- != 1) return refuse(invalid_usage, "a group that nobody began, or within another");
    std::vector<sum> asked;
    asked.swap(collected);
    if (!asked.empty()) ++asked.front().owner->groups;
    for (const sum& each : asked)
        if (const int result = work(each)) return result;
    return planted("ncclGroupEnd");
}

int ncclCommGetAsyncError(communicator* owner, int* result) {
    *result = asynchronous_result;
    return owner ? success : invalid_argument;
}

int ncclCommAbort(communicator* owner) {
    owner->shared->broken = 1;
    leave(owner);
    return success;
}

int ncclCommDestroy(communicator* owner) {
    leave(owner);
    return success;
}

const char* ncclGetErrorString(int result) {
    return result == invalid_argument ? "invalid argument" : result == remote_error ? "remote process exited" : "something else";
}

const char* ncclGetLastError(communicator*) { return last.c_str(); }

// For the tests alone.

void stand_in_break(const char* function, int result) {
    std::snprintf(broken_function, sizeof broken_function, "%s", function);
    broken_function_result = result;
}

void stand_in_asynchronous(int result) { asynchronous_result = result; }

void stand_in_patience(int milliseconds) { patience = milliseconds; }

void stand_in_version(int code) { version = code; }

int stand_in_live() { return live; }

// Of a communicator: how many sums, in how many groups.
int stand_in_sums(communicator* owner) { return owner->sums; }
int stand_in_groups(communicator* owner) { return owner->groups; }

}  // extern "C"
