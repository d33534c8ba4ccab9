#pragma once

#include "strandbus/wire/dialect.hpp"

namespace strandbus::detail {

/// The events themselves, schema 1.
std::unique_ptr<Dialect> make_native_dialect();
/// {"type","data","model_id","ts","id"}: the StreamEvent of agent-runner.
std::unique_ptr<Dialect> make_agent_runner_dialect();
/// {"kind","data","timestamp","turn"}: the StreamChunk of rollouts.
std::unique_ptr<Dialect> make_rollouts_dialect();
/// {"type","timestamp", …}: the events of AG-UI 1.0.
std::unique_ptr<Dialect> make_ag_ui_dialect();
/// {"RunStarted":{…}}: the AgentEvent of behest, externally tagged.
std::unique_ptr<Dialect> make_agent_event_dialect();
/// {"id","offset","timestamp","scope","type","component_id","status", …}: the Event of
/// agent-runtime.
std::unique_ptr<Dialect> make_lifecycle_dialect();
/// {"run_id","seq","event_id", … ,"kind","payload"}: the TraceEvent of Maniac's Tracer.
std::unique_ptr<Dialect> make_trace_event_dialect();

}  // namespace strandbus::detail
