#pragma once

#include "agent/path_walk.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace strandbus::detail {

/// So often a place is looked for that is changed each time before it can be opened.
inline constexpr int max_attempts = 100;

/// What is needed to find a place.
struct PlaceRequest {
  const RootDirectory& root;
  std::span<const std::string> protected_names;
  std::string_view path;
  LastLink last = LastLink::followed;
};

/// Finds the place to which a path leads and calls attempt(place), which gives an Attempt<T>. Both
/// are done again as long as they say that the place was changed in between (PathFault::unstable).
template <class T, class F>
WorkspaceResult<T> at_place(const PlaceRequest& request, F attempt) {
  const auto given = read_given_path(request.path, request.root.paths());
  if (!given) return path_error(given.error(), request.path);
  for (int i = 0; i < max_attempts; ++i) {
    PathWalk walk(request.root, request.protected_names);
    const PlaceResult place = walk.follow(*given, request.last);
    Attempt<T> done = place ? attempt(*place) : Attempt<T>(place.error());
    if (done) return *std::move(done);
    const Refusal& refusal = done.error();
    if (refusal.fault != PathFault::unstable)
      return path_error(refusal.fault, request.path, refusal.detail);
  }
  return path_error(PathFault::unstable, request.path);
}

/// Whether opening a place failed because it is not what the walk has found.
inline bool was_changed(const error_code& error) noexcept {
  const PathFault fault = fault_of(error);
  return fault == PathFault::unstable || fault == PathFault::not_found ||
         fault == PathFault::not_a_directory;
}

/// The refusal for a place that the walk has found and that could not be opened.
inline Refusal open_refusal(const error_code& error) {
  return was_changed(error) ? Refusal(PathFault::unstable) : Refusal(error);
}

}  // namespace strandbus::detail
