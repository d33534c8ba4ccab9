#pragma once

#include "strandbus/llm/provider.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace strandbus::detail {

/// A text member of a message's provider data, empty if there is none.
std::string kept_text(const Message& message, std::string_view name);

/// Adds the request's own parameters last, so that they win, and returns the text of the body.
std::string body_text(json::object body, const ModelRequest& request);

}  // namespace strandbus::detail
