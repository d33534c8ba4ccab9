#pragma once

#include "strandbus/llm/provider.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

// Calls and tools in the form that strict servers accept: one call of the past that a model made up
// wrongly would fail every later request.

namespace strandbus::detail {

/// A name that servers accept: letters, digits, "_" and "-", at least one and at most 64.
std::string past_tool_name(std::string name);

/// The arguments as an object; what is none is wrapped in one.
json::object past_arguments(const json::value& arguments);

/// The text of past_arguments; a text that is an object stays as it was written.
std::string past_arguments_text(const json::value& arguments);

/// The schema of a tool's arguments; a tool without any still needs one that says so.
json::object parameters_of(const ToolSpec& tool);

}  // namespace strandbus::detail
