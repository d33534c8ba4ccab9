#pragma once

#include "strandbus/store/event_store.hpp"

#include <string>
#include <string_view>

// What the stores say when they refuse something. Ids are shown as they are: they were checked.

namespace strandbus::detail {

/// Why an id cannot be one; nothing for a good one.
std::optional<StoreError> check_session_id(std::string_view id);

StoreError unknown_session(std::string_view id);
StoreError session_exists(std::string_view id);
StoreError session_in_use(std::string_view id);
/// What a fork is told that begins where the session has no event.
StoreError no_fork_at(const SessionSummary& origin, std::uint64_t at);
/// Whether a session can be forked there.
bool can_fork_at(const SessionSummary& origin, std::uint64_t at) noexcept;
/// A record of a session that is not what was written.
StoreError damaged_session(std::string_view store, std::string_view id, std::string_view what);
/// What errno says about a file.
StoreError system_store_error(std::string_view action, std::string_view path);
/// What an append, create or remove gives once the store has failed.
StoreError failed_store(const StoreError& failure);

/// Errc::seq_unknown, invalid_event or limit_exceeded if these events cannot follow `last_seq`.
error_code check_append(std::span<const StoredEvent> events, std::uint64_t last_seq);

}  // namespace strandbus::detail
