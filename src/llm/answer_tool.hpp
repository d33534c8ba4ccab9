#pragma once

#include "strandbus/llm/provider.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// A tool that the model must call to give an answer that follows a schema.
///
/// The arguments of a tool are an object. A schema of anything else is wrapped: the answer is then
/// the member `value` of the arguments.
struct AnswerTool {
  std::string name{};    ///< no other tool's
  json::object input{};  ///< the schema of the arguments
  bool wrapped{};

  /// The answer's text out of the arguments' text; that itself where there is nothing to take out.
  std::string unwrapped(const std::string& arguments) const;
};

/// The tool for a request with a response_schema; nothing for one without.
std::optional<AnswerTool> answer_tool(const ModelRequest& request);

}  // namespace strandbus::detail
