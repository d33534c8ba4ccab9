#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>

namespace strandbus {

/// What the events of one run have in common. Publishers share one immutable copy of it with every
/// event, so its texts cost nothing per event.
struct RunContext {
  std::string session_id{};          ///< the conversation; one bus serves one session
  std::string run_id{};              ///< one call of process_message; empty: not part of a run
  std::string parent_run_id{};       ///< of a sub-agent, a background task, a nested run
  std::string workflow_id{};         ///< the workflow that the run belongs to
  std::string parent_workflow_id{};  ///< the workflow around that one
  std::string agent{};               ///< name of the agent, without ':'
  std::int32_t depth{};              ///< nesting; 0 = root run
  std::string model_id{};            ///< the model that answers
  boost::json::object attributes{};  ///< the application's own keys

  friend bool operator==(const RunContext&, const RunContext&) = default;
};

}  // namespace strandbus
