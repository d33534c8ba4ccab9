#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::detail {

/// What an AG-UI stream opens and must close.
enum class AgUiKind : std::uint8_t { text, reasoning, tool_call, step, subagent };

/// Something that was opened. `owner` is the sub-agent it belongs to; empty = the run itself.
struct AgUiItem {
  AgUiKind kind{};
  std::string id{};
  std::string owner{};

  friend bool operator==(const AgUiItem&, const AgUiItem&) = default;
};

/// What is open in one run, so that nothing is opened twice, closed without having been opened, or
/// left open at the end: the rules of AG-UI 1.0 as its client checks them.
///
/// Threads: distinct objects.
class AgUiOpen {
 public:
  /// Whether it was not open: then its start must be sent.
  bool open(AgUiKind kind, std::string_view id, std::string_view owner);
  /// Whether it was open: then its end must be sent. Of steps only those of the owner count.
  bool close(AgUiKind kind, std::string_view id, std::string_view owner);
  bool is_open(AgUiKind kind, std::string_view id, std::string_view owner) const;

  /// Takes what an owner has open of a kind, the newest first.
  std::vector<AgUiItem> take(AgUiKind kind, std::string_view owner);
  /// Takes everything that an owner has open, the newest first.
  std::vector<AgUiItem> take_owned(std::string_view owner);
  /// Takes everything, the newest first.
  std::vector<AgUiItem> take_all();

  /// Whether there was such a sub-agent; its id is not used again in this run.
  bool knows_subagent(std::string_view id) const { return subagents_.contains(id); }

  /// The id under which a message is shown: its own, until it was void and comes once more.
  std::string shown_message(std::string_view id) const;
  /// What was shown of a message is void: what follows under its id is another one.
  void discard_message(std::string_view id);

 private:
  template <class Wanted>
  std::vector<AgUiItem> take_if(Wanted wanted);

  std::vector<AgUiItem> items_;  // in the order in which they were opened
  std::map<std::string, bool, std::less<>> subagents_;
  std::map<std::string, int, std::less<>> discarded_;
};

}  // namespace strandbus::detail
