#include "strandbus/event/redactor.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds, const char* claim, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "%s\n%s\n", claim, text.c_str());
  std::abort();
}

const strandbus::Redactor& redactor() {
  static const strandbus::Redactor made({.values = {"aab aab\"aac", "registered/value"}});
  return made;
}

}  // namespace

// However a text is cut, the pieces that come out are what comes out of the whole, and little is
// held back. The first byte says how the text is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t longest = 1 + data[0] % 32U;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string whole = redactor().redact(text);
  strandbus::StreamRedactor stream(redactor());
  std::string shown;
  std::size_t cut = 0;
  for (std::string_view rest = text; !rest.empty();) {
    cut = (cut * 7 + 3) % longest + 1;
    std::string piece(rest.substr(0, cut));
    rest.remove_prefix(piece.size());
    stream.push(piece);
    require(stream.held() <= 1024, "too much is held back", std::string(text));
    shown += piece;
  }
  shown += stream.flush();
  require(shown == whole, "pieces differ from the whole", shown + "\n" + whole);
  return 0;
}
