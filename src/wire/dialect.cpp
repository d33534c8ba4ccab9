#include "strandbus/wire/dialect.hpp"

#include "wire/dialects.hpp"

#include <array>

namespace strandbus {
namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Dialect> (*make)();
};

constexpr std::array entries{
    Entry{"native", detail::make_native_dialect},
    Entry{"agent-runner", detail::make_agent_runner_dialect},
    Entry{"rollouts", detail::make_rollouts_dialect},
    Entry{"ag-ui", detail::make_ag_ui_dialect},
    Entry{"agent-event", detail::make_agent_event_dialect},
    Entry{"lifecycle", detail::make_lifecycle_dialect},
    Entry{"trace-event", detail::make_trace_event_dialect},
};

constexpr auto names = [] {
  std::array<std::string_view, entries.size()> result;
  for (std::size_t i = 0; i < entries.size(); ++i) result[i] = entries[i].name;
  return result;
}();

}  // namespace

std::span<const std::string_view> dialect_names() noexcept { return names; }

std::unique_ptr<Dialect> make_dialect(std::string_view name) {
  for (const Entry& entry : entries) {
    if (entry.name == name) return entry.make();
  }
  return nullptr;
}

}  // namespace strandbus
