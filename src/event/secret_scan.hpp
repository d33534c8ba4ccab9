#pragma once

#include "event/secret_forms.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace strandbus::detail {

/// Goes through a text once and replaces the secrets in it. The text may grow: what is decided
/// depends on nothing that comes later, and where only that could tell, it stops.
class SecretScan {
 public:
  explicit SecretScan(const SecretForms& forms) noexcept : forms_(&forms) {}

  /// Goes on with `text`, which begins as before. False if what was decided now stays as it is;
  /// otherwise that is appended to `out`, without its secrets.
  bool advance(std::string_view text, More more, std::string& out);

  /// So far the text is decided.
  std::size_t position() const noexcept { return at_; }

  /// The first `size` bytes of the text are gone. They were decided, and at least context_bytes
  /// before position() are left.
  void forget(std::size_t size) noexcept;

 private:
  static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

  void skip_ordinary(std::string_view text) noexcept;
  /// Decides about one byte; false if only more text tells.
  bool step(std::string_view text, More more, std::string& out);
  bool leave(std::string_view text, More more) noexcept;
  bool note_escape(std::string_view text, More more) noexcept;
  Found look(std::string_view text, More more) const noexcept;
  void cover(std::size_t end, std::string_view marker, std::string_view text, std::string& out);

  const SecretForms* forms_;
  std::size_t at_ = 0;
  std::size_t copied_ = 0;          ///< so far it is in `out`, or replaced
  std::size_t covered_ = 0;         ///< so far it is a secret, if inside one
  std::size_t boundary_ = nowhere;  ///< a word begins there, whatever precedes it
  Found ahead_;                     ///< a secret that begins further on
  Tail tail_ = Tail::none;
  bool inside_ = false;  ///< of a secret whose marker is written
  bool replaced_ = false;
};

}  // namespace strandbus::detail
