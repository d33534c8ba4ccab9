#pragma once

#include "server/http_message.hpp"

namespace strandbus::detail {

/// Whether it is a browser without login that is refused at the door, and not a program.
bool wants_login_page(const ServerRequest& request, const HttpRefusal& refusal);

/// What that person is told: how to get in. A page without script, with nothing of the server on
/// it.
HttpReply login_page(const HttpRefusal& refusal);

}  // namespace strandbus::detail
