#pragma once

#include "agent/path_rules.hpp"
#include "agent/refusal.hpp"
#include "agent/root_directory.hpp"

#include <optional>
#include <string>
#include <vector>

namespace strandbus::detail {

/// Where a path leads: a place beneath the root whose names are no links.
struct Place {
  std::vector<std::string> components{};
  std::optional<FileKind> kind{};  ///< absent: nothing is there
  std::size_t existing{};          ///< that many of the components exist
  bool guarded{};                  ///< it lies in, or a link led through, something protected
  bool directory{};                ///< the path could only mean a directory
};

/// Whether a link as the last component of a path is followed.
enum class LastLink : bool { followed, kept };

using PlaceResult = Attempt<Place>;

/// Follows a path, link by link, without ever leaving the root. What it finds may have changed when
/// it returns; RootDirectory::open notices.
class PathWalk {
 public:
  PathWalk(const RootDirectory& root, std::span<const std::string> protected_names)
      : root_(root), protected_names_(protected_names) {}

  /// To be called once.

  PlaceResult follow(const GivenPath& path, LastLink last);

 private:
  // The steps; each may end the walk.
  std::optional<Refusal> enter(std::string name, LastLink last);
  std::optional<Refusal> leave();
  std::optional<Refusal> follow_link(const FileDescriptor& link, const std::string& name);
  std::optional<Refusal> arrive(FileKind kind, std::string name);
  std::optional<Refusal> miss(std::string name);
  std::optional<Refusal> reopen();
  void prepend(std::vector<std::string> components);
  bool would_leave() const noexcept;
  int at() const noexcept { return directory_.get(); }

  const RootDirectory& root_;
  std::span<const std::string> protected_names_;
  FileDescriptor directory_;
  std::vector<std::string> pending_;  ///< what is still to be entered, the next one last
  Place place_;
  int links_ = 0;
};

}  // namespace strandbus::detail
