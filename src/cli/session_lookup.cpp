#include "cli/session_lookup.hpp"

#include "cli/argument_text.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr std::size_t most_named = 5;

StoreError unknown(std::string message) {
  return {make_error_code(Errc::session_unknown), std::move(message)};
}

StoreError ambiguous(const std::string& name, std::vector<std::string> ids,
                     const std::string& store_path) {
  const std::size_t count = ids.size();
  if (count > most_named) ids.resize(most_named);
  const std::string which = joined(ids) + (count > most_named ? " and others" : "");
  return unknown(std::to_string(count) + " sessions of " + store_path + " begin with \"" + name +
                 "\": " + which + "; say more of the id");
}

std::size_t common_length(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

}  // namespace

std::vector<std::string> ids_beginning_with(std::string_view beginning,
                                            std::span<const SessionSummary> sessions) {
  std::vector<std::string> ids;
  if (beginning.size() < shortest_beginning) return ids;
  for (const SessionSummary& session : sessions) {
    const std::string& id = session.metadata.session_id;
    if (id.starts_with(beginning)) ids.push_back(id);
  }
  return ids;
}

std::size_t telling_length(std::span<const SessionSummary> sessions, std::size_t least) {
  std::vector<std::string_view> ids;
  for (const SessionSummary& session : sessions) ids.push_back(session.metadata.session_id);
  std::sort(ids.begin(), ids.end());
  std::size_t length = least;
  for (std::size_t i = 1; i < ids.size(); ++i)
    length = std::max(length, common_length(ids[i - 1], ids[i]) + 1);
  return length;
}

StoreResult<SessionSummary> find_session(const EventStore& store, const std::string& name,
                                         const std::string& store_path) {
  auto found = store.find(name);
  if (found || found.error().code != Errc::session_unknown) return found;
  const auto all = store.list(std::numeric_limits<std::size_t>::max());
  if (!all) return all.error();
  std::vector<std::string> ids = ids_beginning_with(name, *all);
  if (ids.size() == 1) return store.find(ids.front());
  if (!ids.empty()) return ambiguous(name, std::move(ids), store_path);
  return unknown("no session of " + store_path + " has the id \"" + name +
                 "\", or begins with it; strandbus sessions lists them");
}

}  // namespace strandbus::cli
