#pragma once

#include "strandbus/agent/tool.hpp"
#include "strandbus/agent/tool_registry.hpp"

#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

class ClientCallDesk;

/// Whether the data of a tool_output says that its call waits for the client's result.
bool waits_for_client(const json::value& data);

/// The tools of a session that its client carries out: a call waits until the result is brought.
///
/// Threads: one strand; the tools may wait on another one.
class ClientTools {
 public:
  ClientTools();

  /// Whether exactly these are offered.
  bool offers(const std::vector<ToolDefinition>& tools) const;
  /// Adds these to a registry, and offers no others any more.
  ///
  /// Errors: those of ToolRegistry::add; then nothing has changed.
  void add_to(ToolRegistry& registry, std::vector<ToolDefinition> tools);
  /// Brings the result of a call; of one that does not wait it is dropped.
  void answer(const std::string& call_id, ToolResult result);

 private:
  std::shared_ptr<ClientCallDesk> desk_;
  std::vector<ToolDefinition> offered_;
};

}  // namespace strandbus::detail
