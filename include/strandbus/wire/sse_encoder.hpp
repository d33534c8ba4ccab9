#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strandbus {

/// Appends one server-sent event: an `event:` line if `event` is not empty, an `id:` line if there
/// is a seq, then a `data:` line for each line of `data`, and an empty line.
///
/// Line ends in `data` are "\n", "\r" and "\r\n"; a reader gets "\n" for each. Invalid UTF-8 and
/// NUL come out as U+FFFD. Whatever the texts hold, it is exactly one event.
///
/// Errors: throws std::invalid_argument for an event name with a line end or NUL.
/// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
void append_sse(std::string& out, std::string_view data, std::optional<std::uint64_t> seq = {},
                std::string_view event = {});

/// Appends a comment, which readers skip: what keeps an idle connection open.
void append_sse_comment(std::string& out);

/// Appends the time after which a reader that lost its connection comes back.
void append_sse_retry(std::string& out, std::chrono::milliseconds time);

}  // namespace strandbus
