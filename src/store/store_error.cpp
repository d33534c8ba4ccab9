#include "store/store_error.hpp"

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <cerrno>

namespace strandbus {

void throw_exception_from_error(const StoreError& error, const boost::source_location& where) {
  boost::throw_exception(system_error(error.code, error.message), where);
}

namespace detail {
namespace {

constexpr std::size_t max_id_bytes = 128;
constexpr std::uint64_t max_seq = (std::uint64_t{1} << 40) - 1;

bool is_id_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

StoreError about(Errc code, std::string_view id, std::string_view what) {
  std::string message = "session ";
  message.append(id).append(": ").append(what);
  return {make_error_code(code), std::move(message)};
}

}  // namespace

std::optional<StoreError> check_session_id(std::string_view id) {
  if (!id.empty() && id.size() <= max_id_bytes && std::all_of(id.begin(), id.end(), is_id_char))
    return std::nullopt;
  std::string message = "a session id of " + std::to_string(id.size()) +
                        " bytes was refused: it has 1 to 128 of the characters A-Z a-z 0-9 . _ -";
  return StoreError{make_error_code(boost::system::errc::invalid_argument), std::move(message)};
}

StoreError unknown_session(std::string_view id) {
  if (auto error = check_session_id(id))
    return {make_error_code(Errc::session_unknown), std::move(error->message)};
  return about(Errc::session_unknown, id, "there is none of this id; ask for one that is listed");
}

StoreError session_exists(std::string_view id) {
  return about(Errc::session_exists, id, "it exists already; choose another id, or open it");
}

StoreError session_in_use(std::string_view id) {
  return about(Errc::session_in_use, id, "another writer has it; try again when that one is gone");
}

bool can_fork_at(const SessionSummary& origin, std::uint64_t at) noexcept {
  return at >= std::max<std::uint64_t>(origin.first_seq, 1) && at <= origin.last_seq + 1;
}

StoreError no_fork_at(const SessionSummary& origin, std::uint64_t at) {
  const std::uint64_t first = std::max<std::uint64_t>(origin.first_seq, 1);
  return {make_error_code(Errc::seq_unknown), "session " + origin.metadata.session_id +
                                                  " cannot be forked at seq " + std::to_string(at) +
                                                  "; name one from " + std::to_string(first) +
                                                  " to " + std::to_string(origin.last_seq + 1)};
}

StoreError damaged_session(std::string_view store, std::string_view id, std::string_view what) {
  std::string message(store);
  message.append(": session ").append(id).append(": ").append(what);
  return {make_error_code(Errc::invalid_file), std::move(message)};
}

StoreError system_store_error(std::string_view action, std::string_view path) {
  const error_code code(errno, boost::system::system_category());
  std::string message = "cannot ";
  message.append(action).append(" ").append(path).append(": ").append(code.message());
  return {code, std::move(message)};
}

StoreError failed_store(const StoreError& failure) {
  return {make_error_code(Errc::store_failed),
          "the store takes nothing more since it has failed: " + failure.message};
}

error_code check_append(std::span<const StoredEvent> events, std::uint64_t last_seq) {
  for (const StoredEvent& event : events) {
    if (event.seq != ++last_seq) return make_error_code(Errc::seq_unknown);
    if (last_seq > max_seq) return make_error_code(Errc::limit_exceeded);
    if (!event.json || event.json->empty()) return make_error_code(Errc::invalid_event);
  }
  return {};
}

}  // namespace detail
}  // namespace strandbus
