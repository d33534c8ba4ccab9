#include "store/record_checksum.hpp"

#include <boost/crc.hpp>

#include <array>

namespace strandbus::detail {
namespace {

void process(boost::crc_32_type& crc, std::uint64_t number) {
  std::array<unsigned char, sizeof number> bytes{};
  for (unsigned char& byte : bytes) {
    byte = static_cast<unsigned char>(number & 0xff);
    number >>= 8;
  }
  crc.process_bytes(bytes.data(), bytes.size());
}

}  // namespace

std::uint32_t record_checksum(std::string_view session_id,
                              std::initializer_list<std::uint64_t> numbers,
                              std::string_view bytes) {
  boost::crc_32_type crc;
  // The length first: no other division of the same bytes has the same sum.
  process(crc, session_id.size());
  crc.process_bytes(session_id.data(), session_id.size());
  for (const std::uint64_t number : numbers) process(crc, number);
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

}  // namespace strandbus::detail
