#pragma once

// What the snippets of the documents take for granted.

#include "strandbus/bus/event_bus.hpp"
#include "strandbus/bus/session_tracker.hpp"
#include "strandbus/bus/trace_checker.hpp"
#include "strandbus/event/factory.hpp"
#include "strandbus/event/json_codec.hpp"
#include "strandbus/sink/chrome_trace.hpp"
#include "strandbus/wire/dialect.hpp"
#include "strandbus/wire/dialect_decoder.hpp"

#ifdef STRANDBUS_SNIPPETS_OF_AGENT
#include "strandbus/agent/agent.hpp"
#include "strandbus/agent/agent_tool.hpp"
#include "strandbus/agent/file_memory.hpp"
#include "strandbus/agent/replay_provider.hpp"
#include "strandbus/agent/structured_answer.hpp"
#include "strandbus/agent/workflow_engine.hpp"
#include "strandbus/agent/workflow_file.hpp"
#include "strandbus/event/file_payloads.hpp"
#include "strandbus/llm/anthropic_provider.hpp"
#include "strandbus/llm/fallback_provider.hpp"
#include "strandbus/llm/openai_provider.hpp"
#include "strandbus/llm/retrying_provider.hpp"
#include "strandbus/tools/background_tools.hpp"
#include "strandbus/tools/bash.hpp"
#include "strandbus/tools/file_tools.hpp"
#include "strandbus/tools/memory_tools.hpp"
#include "strandbus/tools/plan.hpp"
#endif

#ifdef STRANDBUS_SNIPPETS_OF_STORE
#include "strandbus/store/interrupted_work.hpp"
#include "strandbus/store/session_directory.hpp"
#include "strandbus/store/sqlite_store.hpp"
#include "strandbus/store/store_conformance.hpp"
#endif

#ifdef STRANDBUS_SNIPPETS_OF_OTEL
#include "strandbus/otel/otlp_exporter.hpp"
#include "strandbus/otel/otlp_lines.hpp"
#endif

#ifdef STRANDBUS_SNIPPETS_OF_SERVER
#include "strandbus/server/http_server.hpp"
#endif

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <istream>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

using namespace strandbus;
