#pragma once

#include "sink/chrome_writer.hpp"
#include "strandbus/event/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strandbus::detail {

/// What lies in what on the thread of an agent.
enum class ChromeLevel : std::uint8_t { run, turn, model };

/// What may overlap: calls of tools have threads of their own, of all others each is a line of its
/// own.
enum class ChromeWork : std::uint8_t { tool, approval, subagent, task, workflow, step };

/// What is open in a trace. Whatever begins and ends, in whatever order, every end that is written
/// has its beginning.
///
/// Pure. Threads: distinct objects.
class ChromeSpans {
 public:
  explicit ChromeSpans(std::size_t max_open) : max_open_(max_open) {}

  /// What follows is written behind `out` and happens at this time; never before what came earlier.
  void at(std::string& out, Timestamp time);
  /// What follows happens at the last time.
  void at_end(std::string& out) { out_ = &out; }

  void begin(const std::string& run_id, const std::string& agent, ChromeLevel level,
             std::string_view name, const ChromeArgs& args);
  void end(const std::string& run_id, ChromeLevel level, const ChromeArgs& args);

  /// Work of an empty run, or of one that is not known, belongs to the session.
  void begin_work(const std::string& run_id, ChromeWork kind, const std::string& id,
                  std::string_view name, const ChromeArgs& args);
  /// Whether it was open.
  bool end_work(const std::string& run_id, ChromeWork kind, const std::string& id,
                const ChromeArgs& args);

  /// Begins an arrow in the request that is open, to a call that it asks for.
  void begin_flow(const std::string& run_id, const std::string& call_id);
  /// Ends the arrow, at the latest with its run: where its call begins, or where it is refused.
  void end_flow(const std::string& run_id, const std::string& call_id);

  void instant(const std::string& run_id, std::string_view name, std::string_view category,
               const ChromeArgs& args);
  void counter(std::string_view name, const ChromeArgs& args);

  /// Closes everything.
  void finish();

  std::uint64_t left_out() const noexcept { return left_out_; }

 private:
  struct OpenLevel {
    ChromeLevel level{};
    std::string name{};
  };
  struct OpenWork {
    std::string name{};
    std::uint64_t id{};
    std::size_t thread{};  ///< of a call: the index of its lane
  };
  using Works = std::map<std::pair<ChromeWork, std::string>, OpenWork>;
  /// A thread of the trace.
  struct Lane {
    std::string agent{};
    bool busy = false;
    std::vector<OpenLevel> levels{};
    Works works{};
    std::map<std::string, std::uint64_t> flows{};  ///< arrows to calls, by the calls' ids
  };

  Lane* lane_of(const std::string& run_id);
  Lane* lane_for(const std::string& run_id, const std::string& agent);
  Lane* free_lane(const std::string& agent);
  std::optional<std::size_t> lane_for_call(const Lane* lane);
  bool room();
  std::uint64_t thread_of(const Lane* lane) const;
  Works& works_of(Lane* lane) { return lane ? lane->works : session_works_; }
  void push(Lane& lane, ChromeLevel level, std::string_view name, const ChromeArgs& args);
  void pop(Lane& lane, const ChromeArgs& args);
  void pop_to(Lane& lane, ChromeLevel level);
  void close_flow(Lane& lane, std::map<std::string, std::uint64_t>::iterator flow, const Lane& at);
  void close_flows(Lane& lane);
  void close_work(const Lane* lane, Works& works, Works::iterator work, const ChromeArgs& args);
  void close_works(const Lane* lane, Works& works);
  void mark(char phase, std::string_view name, std::string_view category, const Lane* lane,
            const ChromeArgs& args, std::uint64_t id = 0);

  const std::size_t max_open_;
  std::size_t open_ = 0;
  std::uint64_t left_out_ = 0;
  std::uint64_t ids_ = 0;
  std::string* out_ = nullptr;
  std::optional<Timestamp> zero_{};
  std::uint64_t now_ns_ = 0;
  std::vector<Lane> lanes_;
  std::map<std::string, std::size_t, std::less<>> runs_;  ///< the lanes of those that are open
  Works session_works_;
};

}  // namespace strandbus::detail
