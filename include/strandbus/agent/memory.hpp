#pragma once

#include "strandbus/event/types.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus {

/// Why a memory refuses.
enum class MemoryFault : std::uint8_t {
  bad_key,    ///< see is_memory_key
  bad_text,   ///< empty
  not_found,  ///< there is nothing under this key
  too_large,  ///< the text
  full,       ///< no room for one more key
  denied,     ///< the store may not be read or changed, or holds what nobody may follow
  failed,     ///< the store does not work; the message says why
};

/// The error code that a tool reports for a fault; none where no E_ code fits.
ErrorCode error_code_of(MemoryFault fault) noexcept;

/// The message is one line of valid UTF-8; it names the key and what to do.
struct MemoryError {
  MemoryError() = default;
  MemoryError(MemoryFault what, std::string text) : fault(what), message(std::move(text)) {}

  MemoryFault fault = MemoryFault::failed;
  std::string message;
};

template <class T>
using MemoryResult = boost::system::result<T, MemoryError>;

/// What is kept under a key.
struct MemoryEntry {
  std::string key{};
  std::int64_t size{};  ///< of the text, in bytes
};

inline constexpr std::size_t max_memory_key_bytes = 100;

/// Whether something may be kept under this name: 1 to 100 ASCII letters, digits, dots, dashes and
/// underscores, of which the first is a letter or a digit. Thus no key is a path.
bool is_memory_key(std::string_view key) noexcept;

/// Texts by key that outlive a conversation.
///
/// Who implements it keeps a text whole: whoever reads gets all of an old one or all of a new one,
/// also while others write.
///
/// Threads: any thread. A call may block for as long as the store does.
class Memory {
 public:
  virtual ~Memory();

  /// What memory_written calls this store.
  virtual const std::string& name() const noexcept = 0;

  /// Keeps a text under a key, in place of what was there.
  ///
  /// Errors: bad_key; bad_text for an empty one; too_large; full; denied; failed.
  virtual MemoryResult<void> store(std::string_view key, std::string_view text) = 0;

  /// The text under a key; valid UTF-8.
  ///
  /// Errors: bad_key; not_found; too_large for what somebody else has put there; denied; failed.
  virtual MemoryResult<std::string> read(std::string_view key) const = 0;

  /// What there is, sorted by key.
  ///
  /// Errors: denied; failed.
  virtual MemoryResult<std::vector<MemoryEntry>> list() const = 0;

  /// Forgets what is under a key.
  ///
  /// Errors: bad_key; not_found; denied; failed.
  virtual MemoryResult<void> remove(std::string_view key) = 0;

 protected:
  Memory() = default;
  Memory(const Memory&) = default;
  Memory& operator=(const Memory&) = default;
};

}  // namespace strandbus
