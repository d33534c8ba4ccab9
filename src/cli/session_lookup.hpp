#pragma once

#include "strandbus/store/event_store.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::cli {

/// How much of a session's id must be said at least when it is not all of it.
inline constexpr std::size_t shortest_beginning = 4;

/// The ids that begin with `beginning`; none when that is too short.
std::vector<std::string> ids_beginning_with(std::string_view beginning,
                                            std::span<const SessionSummary> sessions);

/// How many characters of these ids tell them apart, at least `least`.
std::size_t telling_length(std::span<const SessionSummary> sessions, std::size_t least);

/// The session that has this id, or the only one whose id begins so.
///
/// Errors: Errc::session_unknown if there is none or there are several; those of the store.
StoreResult<SessionSummary> find_session(const EventStore& store, const std::string& name,
                                         const std::string& store_path);

}  // namespace strandbus::cli
