#pragma once

#include "net/url.hpp"

#include <string>
#include <vector>

namespace strandbus::cli {

/// Where the events of a session are, from the address of the session: URL/v1/sessions/ID, with or
/// without /events behind it. `types`: the server shall send only these; empty = all.
///
/// Errors: throws UsageError.
detail::Url events_url(const std::string& text, const std::vector<std::string>& types);

/// Where events are published: URL/v1/sessions, and the id of the session; empty = a new one.
struct PublishTarget {
  detail::Url sessions{};
  std::string session_id{};
};

/// From the address of a session, as above, or of all sessions, with or without /v1/sessions.
/// `create`: a new session is wanted.
///
/// Errors: throws UsageError.
PublishTarget publish_target(const std::string& text, bool create);

/// Where a server gives links, and the session that is to be seen; empty = none in particular.
struct LinkTarget {
  detail::Url links{};
  std::string session_id{};
};

/// From the address of a server, or of one of its sessions as above.
///
/// Errors: throws UsageError.
LinkTarget link_target(const std::string& text);

}  // namespace strandbus::cli
