#include "event/plain_text.hpp"

#include "event/utf8.hpp"

#include <array>
#include <bit>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace strandbus::detail {
namespace {

/// By byte: ASCII without quotes, backslashes and control characters.
constexpr auto plain_ascii = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0x20; byte < 0x80; ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}();

constexpr bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }

const char* skip_plain_ascii(const char* at, const char* end) noexcept {
#ifdef __SSE2__
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    // Signed: what is not ASCII is negative.
    const __m128i others = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i special = _mm_or_si128(_mm_or_si128(quotes, backslashes), others);
    const auto marks = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (marks != 0) return at + std::countr_zero(marks);
  }
#endif
  while (at != end && plain_ascii[static_cast<unsigned char>(*at)]) ++at;
  return at;
}

const char* skip_utf8(const char* at, const char* end) noexcept {
  while (at != end && !is_ascii(*at)) {
    const Utf8Step step = utf8_step({at, static_cast<std::size_t>(end - at)});
    if (step.kind != Utf8Step::Kind::valid) break;
    at += step.size;
  }
  return at;
}

}  // namespace

std::size_t plain_size(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    at = skip_plain_ascii(at, end);
    if (at == end || is_ascii(*at)) break;
    const char* const behind = skip_utf8(at, end);
    if (behind == at) break;
    at = behind;
  }
  return static_cast<std::size_t>(at - text.data());
}

}  // namespace strandbus::detail
