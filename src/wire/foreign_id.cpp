#include "wire/foreign_id.hpp"

#include "strandbus/event/event_id.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <chrono>

namespace strandbus::detail {
namespace {

constexpr std::size_t uuid_digits = 32;

/// The UUID behind "run_" in an id of make_unique_id; empty if it has none.
std::string digits_of(std::string_view id) {
  if (id.size() <= uuid_digits || id[id.size() - uuid_digits - 1] != '_') return {};
  std::string text;
  for (const char digit : id.substr(id.size() - uuid_digits)) {
    if (text.size() == 8 || text.size() == 13 || text.size() == 18 || text.size() == 23)
      text += '-';
    text += digit;
  }
  return text;
}

/// The namespace of our ids: a UUID of version 4, made once.
constexpr boost::uuids::uuid our_namespace{{0x6f, 0x3b, 0x0d, 0x52, 0x1c, 0x8e, 0x4a, 0x71, 0x9d,
                                            0x24, 0xe7, 0x90, 0xb5, 0x46, 0x0f, 0xa8}};

}  // namespace

std::string uuid_of(std::string_view id) {
  if (const auto uuid = parse_event_id(id)) return to_string(*uuid);
  if (const auto uuid = parse_event_id(digits_of(id))) return to_string(*uuid);
  const boost::uuids::name_generator_sha1 named(our_namespace);
  return boost::uuids::to_string(named(id.data(), id.size()));
}

std::string shortest_rfc3339(Timestamp time) {
  using namespace std::chrono_literals;
  const auto fraction = time.time_since_epoch() % 1s;
  if (fraction == 0ns) return to_rfc3339(time, 0);
  if (fraction % 1ms == 0ns) return to_rfc3339(time, 3);
  if (fraction % 1us == 0ns) return to_rfc3339(time, 6);
  return to_rfc3339(time, 9);
}

}  // namespace strandbus::detail
