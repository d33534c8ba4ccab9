#pragma once

#include "server/http_message.hpp"
#include "server/routes.hpp"
#include "server/viewer_files.hpp"

#include <string_view>

namespace strandbus::detail {

/// What the browser lets the page do: its own script and styles, requests to this server, and
/// nothing that would make text a script.
inline constexpr std::string_view viewer_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'";

/// The file, or 304 for who has it.
HttpReply viewer_reply(const ViewerFiles::File& file, const ShowViewer& wanted);

}  // namespace strandbus::detail
