// What is recorded of one block. The same fields as LaunchTrace.cs has.
#pragma once

#include "runtime.h"

namespace simulator {

struct trace_event {
    // Of memory: in bytes of the arena where it is shared. Of barriers and collectives: the file's name.
    uint64_t address;
    // The first bytes that were read or written. Of collectives: the name, and the mask of lanes.
    uint64_t value[2];
    // A code address as an offset in the module. Of barriers and collectives: the line.
    uint32_t place;
    uint32_t bytes;
    // How many barriers of the block lie before it.
    int32_t phase;
    uint16_t thread;
    trace_kind kind;
    bool is_shared;
};

struct traced_array {
    const char *name, *type;
    int32_t offset, bytes;
};

struct trace {
    int64_t block;
    trace_event* events;
    int64_t capacity, count;
    // Events for which there was no room.
    int64_t dropped;
    // The event whose value is still to be written, or -1.
    int64_t unsettled;
    int32_t phase, shared_count;
    traced_array shared[shared_arrays_at_most];
};

}  // namespace simulator
