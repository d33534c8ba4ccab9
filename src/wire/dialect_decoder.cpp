#include "strandbus/wire/dialect_decoder.hpp"

#include "wire/dialect_decoders.hpp"

#include <array>
#include <utility>

namespace strandbus {
namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<DialectDecoder> (*make)(DialectDecoderOptions);
};

constexpr std::array entries{
    Entry{"native", detail::make_native_decoder},
    Entry{"agent-runner", detail::make_agent_runner_decoder},
    Entry{"ag-ui", detail::make_ag_ui_decoder},
    Entry{"agent-event", detail::make_agent_event_decoder},
    Entry{"lifecycle", detail::make_lifecycle_decoder},
    Entry{"trace-event", detail::make_trace_event_decoder},
};

constexpr auto names = [] {
  std::array<std::string_view, entries.size()> result;
  for (std::size_t i = 0; i < entries.size(); ++i) result[i] = entries[i].name;
  return result;
}();

}  // namespace

std::span<const std::string_view> decodable_dialect_names() noexcept { return names; }

std::unique_ptr<DialectDecoder> make_dialect_decoder(std::string_view name,
                                                     DialectDecoderOptions options) {
  for (const Entry& entry : entries) {
    if (entry.name == name) return entry.make(std::move(options));
  }
  return nullptr;
}

}  // namespace strandbus
