#include "agent/path_rules.hpp"

#include "event/utf8.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <climits>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t max_shown_bytes = 200;

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    if (step.kind != Utf8Step::Kind::valid) return false;
    text.remove_prefix(step.size);
  }
  return true;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Cuts the first component off a path; empty only at its end.
std::string_view next_component(std::string_view& path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string_view component = path.substr(0, path.find('/'));
  path.remove_prefix(component.size());
  return component;
}

/// What is left of an absolute path below `root`.
std::optional<std::string_view> below(std::string_view path, std::string_view root) {
  for (;;) {
    const std::string_view expected = next_component(root);
    if (expected.empty()) return path;
    std::string_view component = next_component(path);
    while (component == ".") component = next_component(path);
    if (component != expected) return std::nullopt;
  }
}

std::optional<std::string_view> relative(std::string_view path,
                                         std::span<const std::string> roots) {
  if (!path.starts_with('/')) return path;
  for (const std::string& root : roots) {
    if (const auto rest = below(path, root)) return rest;
  }
  return std::nullopt;
}

GivenPathResult split(std::string_view path, std::span<const std::string> roots) {
  if (path.size() >= PATH_MAX) return PathFault::too_long;
  auto rest = relative(path, roots);
  if (!rest) return PathFault::outside_workspace;
  GivenPath result;
  result.directory = rest->empty() || rest->ends_with('/');
  for (;;) {
    const std::string_view component = next_component(*rest);
    if (component.empty()) return result;
    if (component.size() > NAME_MAX) return PathFault::too_long;
    if (rest->empty()) result.directory = component == "." || component == "..";
    if (component != ".") result.components.emplace_back(component);
  }
}

const char* explanation(PathFault fault) noexcept {
  switch (fault) {
    case PathFault::empty_path: return "is empty; name a file relative to the workspace";
    case PathFault::malformed:
      return "holds a NUL byte or is not valid UTF-8; give the name as it is listed";
    case PathFault::too_long: return "is too long for the file system; use a shorter one";
    case PathFault::home_expansion:
      return "begins with '~', which is not expanded; name a file relative to the workspace "
             "(./~name if its name does begin with '~')";
    case PathFault::outside_workspace:
      return "leads outside of the workspace; name a file inside it";
    case PathFault::protected_path:
      return "is protected: it may be read but not changed; work on other files";
    case PathFault::link_loop: return "passes through too many links; name the file itself";
    case PathFault::not_found: return "does not exist; list its directory to see what does";
    case PathFault::not_a_directory:
      return "treats something as a directory that is none; name a directory, or a file without "
             "anything behind it";
    case PathFault::is_a_directory: return "is a directory; name a file";
    case PathFault::special_file:
      return "is a device, a pipe or a socket; only regular files can be accessed";
    case PathFault::too_large: return "is too large";
    case PathFault::already_there: return "exists already; choose another name, or replace it";
    case PathFault::stale:
      return "was changed by somebody else meanwhile; read it again, then repeat the change";
    case PathFault::unstable: return "kept changing while it was looked for; try again";
    case PathFault::access_denied:
      return "may not be accessed: the permissions of the file system do not allow it";
    case PathFault::no_space:
      return "could not be written: there is no room for it; what was there before is unchanged";
    case PathFault::io_error: return "could not be accessed";
  }
  return "could not be accessed";
}

}  // namespace

GivenPathResult read_given_path(std::string_view path, std::span<const std::string> roots) {
  if (path.empty()) return PathFault::empty_path;
  if (path.find('\0') != std::string_view::npos || !is_utf8(path)) return PathFault::malformed;
  if (path.front() == '~') return PathFault::home_expansion;
  return split(path, roots);
}

GivenPathResult read_link_target(std::string_view target, std::span<const std::string> roots) {
  return split(target, roots);
}

bool is_one_of(std::string_view component, std::span<const std::string> names) noexcept {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::ranges::any_of(
      names, [&](const std::string& name) { return std::ranges::equal(component, name, same); });
}

std::string joined_path(std::span<const std::string> components) {
  if (components.empty()) return ".";
  std::string path;
  for (const std::string& component : components) {
    if (!path.empty()) path += '/';
    path += component;
  }
  return path;
}

std::string shown_path(std::string_view path) {
  std::string text(path.substr(0, max_shown_bytes));
  // A code point that was cut in two is shown as U+FFFD.
  if (path.size() > max_shown_bytes) text += "…";
  std::string shown;
  append_json_string(shown, repair_utf8(text));
  return shown;
}

WorkspaceError path_error(PathFault fault, std::string_view path, std::string_view detail) {
  std::string text = "the path ";
  text += shown_path(path);
  text += ' ';
  text += explanation(fault);
  if (!detail.empty()) {
    text += " (";
    text += detail;
    text += ')';
  }
  return {fault, std::move(text)};
}

}  // namespace strandbus::detail
