#pragma once

#include "server/http_message.hpp"
#include "strandbus/server/http_server.hpp"
#include "strandbus/server/session_hub.hpp"

#include <string>
#include <vector>

namespace strandbus::detail {

HttpReply json_reply(int status, std::string body);

/// {"id":…,"title":…,"created_at":…,"updated_at":…,"first_seq":…,…}
std::string session_json(const SessionInfo& session);
/// {"sessions":[…]}
std::string sessions_json(const std::vector<SessionInfo>& sessions);
std::string started_run_json(const std::string& session_id, const StartedRun& run);
/// {"url":"http://…/login?code=…","path":"/login?code=…","expires_in":300}
std::string link_json(const std::string& host, const std::string& path);
std::string outcome_json(CommandOutcome outcome);

/// {"accepted":…,"repeated":…,"after":…}
std::string published_json(const Published& published);

/// What a program is told of a hub's or store's error.
HttpRefusal refusal_for(const StoreError& error);
/// What a program is told of the event in this line that was refused, and of those before it.
HttpRefusal refusal_for(const Published& published, std::size_t line);

/// The counts in the Prometheus text exposition format.
std::string server_metrics(const HubStats& hub, const HttpStats& http);

}  // namespace strandbus::detail
