#include "cli/follow_target.hpp"

#include "cli/usage_error.hpp"
#include "strandbus/sink/terminal_text.hpp"

#include <algorithm>
#include <string_view>

namespace strandbus::cli {
namespace {

constexpr std::string_view sessions_path = "/v1/sessions";
constexpr std::string_view events_path = "/events";
constexpr std::string_view links_path = "/v1/links";

/// Without user and password, which nobody needs to see.
std::string shown(const detail::Url& url, const std::string& path) {
  return terminal_safe_line(url.scheme + "://" + url.authority() + path);
}

/// An address without what does not belong to it; `what` cannot be done with another one.
detail::Url plain_url(const std::string& text, const std::string& what) {
  auto parsed = detail::parse_url(text);
  if (!parsed) throw UsageError(what + ": " + terminal_safe_line(parsed.error().message));
  detail::Url url = *std::move(parsed);
  if (!url.userinfo.empty())
    throw UsageError(what + ": leave user and password out of the URL; see --token-file");
  if (url.target.find('?') != std::string::npos)
    throw UsageError(what + ": leave out what follows the '?' of the URL" +
                     (what.ends_with("follow") ? "; see --after, --type" : ""));
  return url;
}

/// The path of a session in two parts; no id where it names none.
struct SessionPath {
  std::string sessions{};
  std::string id{};
};

SessionPath split_path(std::string path) {
  if (path.ends_with('/')) path.pop_back();
  if (path.ends_with(events_path)) path.resize(path.size() - events_path.size());
  const std::size_t slash = std::min(path.rfind('/'), path.size());
  SessionPath parts;
  parts.sessions = path.substr(0, slash);
  parts.id = path.substr(std::min(slash + 1, path.size()));
  return parts;
}

[[noreturn]] void refuse_path(const std::string& what, const detail::Url& url,
                              const std::string& id, std::string_view otherwise = {}) {
  const bool has_id = !id.empty() && id != "sessions" && id != "v1";
  throw UsageError(
      what + ' ' + shown(url, url.target) + ": a session is at " +
      shown(url, std::string(sessions_path) + '/' + (has_id ? id : "ID")).append(otherwise));
}

}  // namespace

detail::Url events_url(const std::string& text, const std::vector<std::string>& types) {
  const std::string what = "cannot follow";
  detail::Url url = plain_url(text, what);
  const auto [sessions, id] = split_path(url.target);
  if (id.empty() || id == "sessions" || !sessions.ends_with(sessions_path))
    refuse_path(what, url, id);
  url.target = (sessions + '/' + id).append(events_path);
  for (const std::string& type : types)
    url.target += (type == types.front() ? "?type=" : ",") + type;
  return url;
}

PublishTarget publish_target(const std::string& text, bool create) {
  const std::string what = "cannot publish";
  PublishTarget target;
  target.sessions = plain_url(text, what);
  std::string& path = target.sessions.target;
  std::string all = path;
  if (all.ends_with('/')) all.pop_back();
  if (all.ends_with(sessions_path)) {
    path = all;
    return target;
  }
  auto [sessions, id] = split_path(path);
  if (!id.empty() && id != "sessions" && sessions.ends_with(sessions_path)) {
    if (create)
      throw UsageError(what + ": --create makes a new session, and the URL names the session " +
                       terminal_safe_line(id) + ": leave out one of them");
    path = std::move(sessions);
    target.session_id = std::move(id);
    return target;
  }
  if (!create) refuse_path(what, target.sessions, id, "; --create makes a new one");
  if (!all.empty()) refuse_path(what, target.sessions, id);
  path = sessions_path;
  return target;
}

LinkTarget link_target(const std::string& text) {
  const std::string what = "cannot get a link";
  LinkTarget target;
  target.links = plain_url(text, what);
  std::string& path = target.links.target;
  if (path.ends_with('/')) path.pop_back();
  if (!path.empty() && path != sessions_path) {
    auto [sessions, id] = split_path(path);
    if (sessions != sessions_path || id.empty()) refuse_path(what, target.links, id);
    target.session_id = std::move(id);
  }
  path = links_path;
  return target;
}

}  // namespace strandbus::cli
