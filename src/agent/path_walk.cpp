#include "agent/path_walk.hpp"

#include "agent/file_status.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace strandbus::detail {
namespace {

/// As many as Linux follows.
constexpr int max_links = 40;

Result<std::string> target_of(const FileDescriptor& link) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t size = ::readlinkat(link.get(), "", buffer.data(), buffer.size());
  if (size < 0) return last_error();
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace

PlaceResult PathWalk::follow(const GivenPath& path, LastLink last) {
  place_.directory = path.directory;
  place_.kind = FileKind::directory;
  prepend(path.components);
  if (auto refusal = reopen()) return *std::move(refusal);
  while (!pending_.empty()) {
    std::string name = std::move(pending_.back());
    pending_.pop_back();
    auto refusal = name == ".." ? leave() : enter(std::move(name), last);
    if (!refusal) continue;
    if (refusal->fault != PathFault::unstable && would_leave()) return PathFault::outside_workspace;
    return *std::move(refusal);
  }
  if (place_.kind) place_.existing = place_.components.size();
  const bool inside = std::ranges::any_of(place_.components, [this](const std::string& name) {
    return is_one_of(name, protected_names_);
  });
  place_.guarded = place_.guarded || inside;
  return std::move(place_);
}

void PathWalk::prepend(std::vector<std::string> components) {
  std::ranges::reverse(components);
  pending_.insert(pending_.end(), std::make_move_iterator(components.begin()),
                  std::make_move_iterator(components.end()));
}

/// Whether what is still to be entered leads out, read as if there were no links. It makes no
/// difference then whether the walk could have gone on.
bool PathWalk::would_leave() const noexcept {
  std::size_t depth = place_.components.size() + 1;
  return std::any_of(pending_.rbegin(), pending_.rend(), [&depth](const std::string& name) {
    if (name == "..") return depth-- == 0;
    ++depth;
    return false;
  });
}

std::optional<Refusal> PathWalk::reopen() {
  auto opened = root_.open(place_.components, O_PATH | O_DIRECTORY);
  if (!opened) return Refusal(opened.error());
  directory_ = std::move(*opened);
  return std::nullopt;
}

std::optional<Refusal> PathWalk::leave() {
  if (place_.components.empty()) return PathFault::outside_workspace;
  place_.components.pop_back();
  return reopen();
}

std::optional<Refusal> PathWalk::enter(std::string name, LastLink last) {
  auto opened = open_name(at(), name, O_PATH);
  if (!opened) {
    if (opened.error().value() == ENOENT) return miss(std::move(name));
    return Refusal(opened.error());
  }
  struct stat status {};
  if (::fstat(opened->get(), &status) != 0) return Refusal(last_error());
  const FileKind kind = kind_of(status.st_mode);
  const bool is_last = pending_.empty() && !place_.directory;
  if (kind == FileKind::link && !(is_last && last == LastLink::kept))
    return follow_link(*opened, name);
  if (kind == FileKind::directory) directory_ = std::move(*opened);
  return arrive(kind, std::move(name));
}

std::optional<Refusal> PathWalk::arrive(FileKind kind, std::string name) {
  const bool more = !pending_.empty() || place_.directory;
  if (kind != FileKind::directory && more) return PathFault::not_a_directory;
  place_.kind = kind;
  place_.components.push_back(std::move(name));
  return std::nullopt;
}

std::optional<Refusal> PathWalk::follow_link(const FileDescriptor& link, const std::string& name) {
  if (++links_ > max_links) return PathFault::link_loop;
  const auto target = target_of(link);
  if (!target) return Refusal(target.error());
  auto path = read_link_target(*target, root_.paths());
  if (!path) return Refusal(path.error());
  place_.guarded = place_.guarded || is_one_of(name, protected_names_);
  if (pending_.empty()) place_.directory = place_.directory || path->directory;
  prepend(std::move(path->components));
  if (!target->starts_with('/')) return std::nullopt;
  place_.components.clear();
  return reopen();
}

/// The rest does not exist either, so it is taken by name; ".." has nothing to start from.
std::optional<Refusal> PathWalk::miss(std::string name) {
  if (std::ranges::find(pending_, "..") != pending_.end()) return PathFault::not_found;
  place_.kind.reset();
  place_.existing = place_.components.size();
  place_.components.push_back(std::move(name));
  for (; !pending_.empty(); pending_.pop_back())
    place_.components.push_back(std::move(pending_.back()));
  return std::nullopt;
}

}  // namespace strandbus::detail
