#pragma once

#include "server/http_message.hpp"
#include "server/routes.hpp"

#include <string>
#include <string_view>

namespace strandbus::detail {

// What stands in the body of a request. All throw BadRequest or JsonProblem.

/// {"title"?, "client"?, "message"?}; no body at all is an empty object.
CreateSession read_create_session(const ServerRequest& request);

/// {"at"?, "title"?}; no body at all is an empty object. The session is the caller's matter.
ForkSession read_fork_session(const ServerRequest& request);

/// {}, or no body at all. The host is the caller's matter.
MakeLink read_make_link(const ServerRequest& request);

/// {"message", "queue"?}; the session is the caller's matter.
StartRun read_start_run(const ServerRequest& request);

/// {"type":"cancel","reason"?,"when"?} | {"type":"approve","approval_id","arguments"?,"by"?} |
/// {"type":"deny","approval_id","reason"?,"by"?} | {"type":"user_message","text"}; all with "id"?.
SessionCommand read_command(const ServerRequest& request);

/// What is said over a WebSocket: a command, or {"type":"run","message","queue"?,"id"?}.
Operation read_socket_message(const std::string& session_id, std::string_view text);

}  // namespace strandbus::detail
