#pragma once

#include "strandbus/agent/workspace.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// A path taken apart, before anything is known about what exists.
struct GivenPath {
  std::vector<std::string> components{};  ///< without "." and empty ones; ".." may be among them
  bool directory{};                       ///< ends in '/', "." or "..": only a directory is meant
};

using GivenPathResult = boost::system::result<GivenPath, PathFault>;

/// The rules for paths that somebody gives. `roots` are the absolute paths of the root: an absolute
/// path below one of them is taken relative to it, any other is outside.
GivenPathResult read_given_path(std::string_view path, std::span<const std::string> roots);

/// The same for the target of a link: '~' is a letter like any other.
GivenPathResult read_link_target(std::string_view target, std::span<const std::string> roots);

/// Whether a component is one of these names, without regard to ASCII case.
bool is_one_of(std::string_view component, std::span<const std::string> names) noexcept;

/// "a/b"; "." for no component.
std::string joined_path(std::span<const std::string> components);

/// A path as a message shows it: in quotes, controls escaped, valid UTF-8, not too long.
std::string shown_path(std::string_view path);

/// The error that a model is told, about the path as it was given.
WorkspaceError path_error(PathFault fault, std::string_view path, std::string_view detail = {});

}  // namespace strandbus::detail
