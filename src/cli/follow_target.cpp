#include "cli/follow_target.hpp"

#include "cli/usage_error.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <algorithm>
#include <string_view>

namespace strandbus::cli {
namespace {

constexpr std::string_view sessions_path = "/v1/sessions";
constexpr std::string_view events_path = "/events";

/// Without user and password, which nobody needs to see.
std::string shown(const detail::Url& url, const std::string& path) {
  return terminal_safe_line(url.scheme + "://" + url.authority() + path);
}

}  // namespace

detail::Url events_url(const std::string& text, const std::vector<std::string>& types) {
  auto parsed = detail::parse_url(text);
  if (!parsed) throw UsageError("cannot follow: " + terminal_safe_line(parsed.error().message));
  detail::Url url = *std::move(parsed);
  if (!url.userinfo.empty())
    throw UsageError("cannot follow: leave user and password out of the URL; see --token-file");
  std::string path = url.target;
  if (path.find('?') != std::string::npos)
    throw UsageError(
        "cannot follow: leave out what follows the '?' of the URL; see --after, --type");
  if (path.ends_with('/')) path.pop_back();
  if (path.ends_with(events_path)) path.resize(path.size() - events_path.size());
  const std::size_t slash = std::min(path.rfind('/'), path.size());
  const std::string id = path.substr(std::min(slash + 1, path.size()));
  if (id.empty() || id == "sessions" || !path.substr(0, slash).ends_with(sessions_path)) {
    const bool has_id = !id.empty() && id != "sessions" && id != "v1";
    throw UsageError("cannot follow " + shown(url, url.target) + ": a session is at " +
                     shown(url, std::string(sessions_path) + '/' + (has_id ? id : "ID")));
  }
  url.target = path.append(events_path);
  for (const std::string& type : types)
    url.target += (type == types.front() ? "?type=" : ",") + type;
  return url;
}

}  // namespace strandbus::cli
