#pragma once

#include "server/routes.hpp"

namespace strandbus::detail {

/// How events are to be read: ?after=, ?type=, ?scope=, ?status=, ?run=, ?agent=, ?dialect=, for
/// what goes on ?coalesce=, and for an event stream the header Last-Event-ID and ?named=. The
/// session is the caller's matter.
///
/// Errors: throws BadRequest naming the parameter.
ReadEvents read_feed_query(const ServerRequest& request, FeedForm form);

/// The same for all sessions: ?after= and Last-Event-ID are "SESSION:SEQ,SESSION:SEQ…".
ReadAllEvents read_all_query(const ServerRequest& request);

}  // namespace strandbus::detail
