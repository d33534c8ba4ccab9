#include "llm/server_frame.hpp"

#include "llm/server_json.hpp"

#include <string>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t shown_bytes = 80;

[[noreturn]] void fail(const ServerContext& context, const std::string& what) {
  throw ProviderError(ErrorCode::invalid_response, failure_text(context, what, ""));
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

json::object parse_server_frame(std::string_view text, const ServerContext& context) {
  auto parsed = parse_server_json(text);
  if (!parsed) {
    const std::string why = shown(context, parsed.error().message, 2 * shown_bytes);
    fail(context, "sent what is no JSON (" + why + "): " + shown(context, text, shown_bytes));
  }
  json::object* frame = parsed->if_object();
  if (!frame) fail(context, "sent JSON that is no object: " + shown(context, text, shown_bytes));
  return std::move(*frame);
}

json::object read_server_frame(std::string_view text, const ServerContext& context) {
  json::object frame = parse_server_frame(text, context);
  if (is_error_frame(frame)) throw failure_of(frame, context);
  return frame;
}

}  // namespace strandbus::detail
