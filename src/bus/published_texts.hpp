#pragma once

#include "strandbus/event/redactor.hpp"
#include "strandbus/event/stream_event.hpp"
#include "sync.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

struct Envelope;

/// The texts that publishers with a redactor publish piece by piece, from the first piece to the
/// event that ends them.
///
/// Threads: any thread; one text's pieces from one at a time, as their order matters.
class PublishedTexts {
 public:
  explicit PublishedTexts(Redactor redactor);
  PublishedTexts(const PublishedTexts&) = delete;
  PublishedTexts& operator=(const PublishedTexts&) = delete;
  ~PublishedTexts();

  const Redactor& redactor() const noexcept { return redactor_; }

  /// Leaves in `piece` what can be shown of it now; false if that is nothing. What must be
  /// published before it is appended to `before`.
  template <class Piece>
  bool push(Piece& piece, const Envelope& envelope, std::vector<StreamEvent>& before);

  /// What was held back of the texts that `event` ends, to be published before it.
  std::vector<StreamEvent> end(const StreamEvent& event);

 private:
  /// What tells texts apart.
  struct Key {
    EventType type;
    OutputStream stream;
    std::string_view id;
    const RunContext* context;
  };
  struct OpenText;
  using OpenTexts = std::vector<std::unique_ptr<OpenText>>;

  static constexpr std::size_t max_open = 1024;

  // Under the mutex.
  OpenText* find(const Key& key) const noexcept;
  OpenText& open(const Key& key, std::string_view tool_name, const Envelope& envelope,
                 std::vector<StreamEvent>& before);

  const Redactor redactor_;
  sync::Mutex mutex_;
  OpenTexts texts_;  ///< the one that was opened last is looked at first
};

}  // namespace strandbus::detail
