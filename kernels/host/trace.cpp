// The record of one block: every access to shared and device memory in the order in which the simulator made it, and the barriers and
// collectives between them. Part of the build `trace` alone.
#include <string.h>

#include "trace.h"

namespace simulator {

namespace {

// A store is recorded before it is made, so that its value is there when the next thing happens.
void settle(workspace& w) {
    trace& t = *w.traced;
    if (t.unsettled < 0)
        return;
    trace_event& event = t.events[t.unsettled];
    const char* const address = event.is_shared ? w.arena + event.address : reinterpret_cast<const char*>(event.address);
    memcpy(event.value, address, event.bytes < sizeof event.value ? event.bytes : sizeof event.value);
    t.unsettled = -1;
}

// Room for one more event; null where the record is full.
trace_event* next_event(workspace& w, trace_kind kind) {
    trace& t = *w.traced;
    settle(w);
    if (t.count == t.capacity) {
        t.dropped++;
        return nullptr;
    }
    trace_event& event = t.events[t.count++];
    event = {};
    event.kind = kind;
    event.phase = t.phase;
    event.thread = static_cast<uint16_t>(self(w).index);
    return &event;
}

}  // namespace

void begin_watch(workspace& w) {
    trace* const t = w.running->traced;
    w.traced = t != nullptr && t->block == w.block_number ? t : nullptr;
}

void end_watch(workspace& w) {
    if (w.traced == nullptr)
        return;
    settle(w);
    trace& t = *w.traced;
    t.shared_count = w.shared_count;
    for (int i = 0; i < w.shared_count; i++) {
        const shared_declaration& array = w.shared[i];
        const shared_site* const site = array.site != nullptr ? array.site : w.dynamic_site;
        t.shared[i] = {site != nullptr ? site->name : nullptr, site != nullptr ? site->type : nullptr, array.offset, array.bytes};
    }
    w.traced = nullptr;
}

void trace_access(workspace& w, trace_kind kind, const void* pointer, int64_t bytes, const void* place) {
    if (w.traced == nullptr)
        return;
    trace_event* const event = next_event(w, kind);
    if (event == nullptr)
        return;
    const char* const address = static_cast<const char*>(pointer);
    const uintptr_t in_arena = static_cast<uintptr_t>(address - w.arena);
    event->is_shared = in_arena < arena_bytes;
    event->address = event->is_shared ? in_arena : reinterpret_cast<uintptr_t>(address);
    event->bytes = static_cast<uint32_t>(bytes);
    event->place = static_cast<uint32_t>(static_cast<const char*>(place) - module_start());
    if (kind == trace_kind::load)
        memcpy(event->value, address, static_cast<size_t>(bytes) < sizeof event->value ? static_cast<size_t>(bytes) : sizeof event->value);
    else
        w.traced->unsettled = w.traced->count - 1;
}

void trace_stored(workspace& w, const void* value, int bytes) {
    if (w.traced == nullptr || w.traced->unsettled < 0)
        return;
    memcpy(w.traced->events[w.traced->unsettled].value, value, static_cast<size_t>(bytes));
    w.traced->unsettled = -1;
}

void watch_barrier(workspace& w, const char* file, int line) {
    if (w.traced == nullptr)
        return;
    if (trace_event* const event = next_event(w, trace_kind::barrier)) {
        event->address = reinterpret_cast<uintptr_t>(file);
        event->place = static_cast<uint32_t>(line);
    }
    w.traced->phase++;
}

bool watch_together(workspace& w, const char* name, unsigned mask, const tensor_work&, const char* file, int line) {
    if (w.traced == nullptr)
        return false;
    if (trace_event* const event = next_event(w, trace_kind::together)) {
        event->address = reinterpret_cast<uintptr_t>(file);
        event->place = static_cast<uint32_t>(line);
        event->value[0] = reinterpret_cast<uintptr_t>(name);
        event->value[1] = mask;
    }
    return false;
}

}  // namespace simulator
