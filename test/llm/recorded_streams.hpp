#pragma once

#include "strandbus/event/types.hpp"

#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::test {

/// An answer as a kind of server sends it, and what it says.
struct RecordedStream {
  std::string server{};
  std::string body{};
  std::string content{};
  std::string reasoning{};
  std::vector<std::string> calls{};  ///< "name arguments", the arguments as compact JSON
  FinishReason finish{};
  std::int64_t total{};  ///< tokens; 0 = not told
};

inline void PrintTo(const RecordedStream& stream, std::ostream* out) { *out << stream.server; }

/// An event stream of these chunks, with "[DONE]" behind them.
inline std::string sse_of(std::initializer_list<std::string_view> chunks) {
  std::string body;
  for (const std::string_view chunk : chunks) body += "data: " + std::string(chunk) + "\n\n";
  return body + "data: [DONE]\n\n";
}

/// One for each dialect.
std::vector<RecordedStream> recorded_streams();

}  // namespace strandbus::test
